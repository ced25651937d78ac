#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/session/chat_session.h"
#include "engine/session/model_host.h"
#include "tests/engine/io/temporary_folder.h"
#include "tests/engine/io/tiny_model.h"

namespace etna::test {

inline constexpr const char* plain_template = "{% for m in messages %}{{ m.content }}{% endfor %}";

/// Bytes that a backend's allocator has given out.
inline std::uint64_t live_bytes(Backend& backend) { return backend.allocator()->report().live_bytes; }

/// A folder with a tiny Llama of random weights whose tokens are the letters, so that it can chat.
inline std::filesystem::path write_tiny_chat_model(const std::filesystem::path& folder, const nlohmann::json& changes = {}) {
  nlohmann::json config = {{"max_position_embeddings", 256}, {"eos_token_id", 95}};
  if (changes.is_object()) config.merge_patch(changes);
  write_tiny_model(folder, config);
  nlohmann::json vocabulary = nlohmann::json::object();
  for (int id = 0; id < 96; ++id) vocabulary[std::string(1, static_cast<char>(' ' + id))] = id;
  const nlohmann::json tokenizer = {{"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", nlohmann::json::array()}}},
                                    {"added_tokens", nlohmann::json::array()},
                                    {"decoder", {{"type", "Fuse"}}}};
  std::ofstream(folder / "tokenizer.json") << tokenizer.dump();
  const nlohmann::json settings = {{"chat_template", plain_template}};
  std::ofstream(folder / "tokenizer_config.json") << settings.dump();
  return folder;
}

inline ChatRequest letters(const std::string& text, std::uint64_t max_tokens = 20) {
  ChatRequest request;
  request.messages = {{"user", text}};
  request.sampling.temperature = 0;
  request.sampling.seed = 3;
  request.max_tokens = max_tokens;
  return request;
}

/// What a model answers; throws what goes wrong.
inline std::string answer(ModelHost& host, const ChatRequest& request, const std::function<void(const std::string&)>& on_text = {}) {
  std::string all;
  run_chat(host, request,
           {.prompt_progress = {},
            .text =
                [&](const std::string& text) {
                  all += text;
                  if (on_text) on_text(text);
                },
            .thinking = {},
            .tool_call = {},
            .warning = {}},
           {});
  return all;
}

/// The error that a call ends with; none where it ends well.
template <class Call>
std::optional<Failure> failure_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return Failure{error.code(), error.what()};
  } catch (const std::bad_alloc&) {
    return Failure{Errc::out_of_memory, "bad_alloc"};
  }
  return std::nullopt;
}

}  // namespace etna::test
