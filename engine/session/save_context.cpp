#include "engine/session/save_context.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/session/cache_exchange.h"
#include "engine/session/chat_request.h"
#include "engine/session/model_internals.h"

namespace etna {

namespace {

bool is_instruction(const ChatMessage& message) { return message.role == "system" || message.role == "developer"; }

/// What all prompts with these instructions begin with.
std::vector<std::int32_t> instructions_ids(const ModelHost& host, ChatRequest request) {
  request.messages.push_back({"user", "a"});
  const std::vector<std::int32_t> one = read_chat_request(host, request).ids;
  request.messages.back().content = "1";
  const std::vector<std::int32_t> other = read_chat_request(host, request).ids;
  return {one.begin(), std::ranges::mismatch(one, other).in1};
}

std::vector<std::int32_t> ids_of(const ModelHost& host, const SaveContextRequest& request) {
  const ChatRequest& prompt = request.prompt;
  const bool has_messages = prompt.raw_prompt.empty() && !prompt.messages.empty();
  const bool templated = has_messages && !prompt.ignore_chat_template && (host.info().has_chat_template || prompt.use_default_chat_template);
  if (templated && request.path.empty() && std::ranges::all_of(prompt.messages, is_instruction)) return instructions_ids(host, prompt);
  return read_chat_request(host, prompt, request.path.empty() ? PromptEnd::message : PromptEnd::open).ids;
}

/// What mlx-lm opens the tokenizer with when it goes on.
std::string tokenizer_config(const ChatRequest& prompt) {
  nlohmann::ordered_json config = {{"trust_remote_code", nullptr}};
  if (!prompt.extra_stop_tokens.empty()) config["eos_token"] = prompt.extra_stop_tokens.front();
  return config.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::map<std::string, std::string> metadata_of(const ModelHost& host, const SaveContextRequest& request, std::span<const std::int32_t> ids) {
  const auto& in = const_cast<ModelHost&>(host).internals();
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  std::map<std::string, std::string> metadata = {
      {"model", request.model_name.empty() ? in.info.path : request.model_name},
      {"tokenizer_config", tokenizer_config(request.prompt)},
      {ids_key, ids_text(ids)},
      {fingerprint_key, in.fingerprint},
      {saved_key, std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now).count())},
  };
  if (!request.name.empty()) metadata[name_key] = request.name;
  // For whoever starts a chat from a snapshot; a file for mlx-lm says no more than mlx-lm needs.
  if (request.path.empty() && request.prompt.raw_prompt.empty() && !request.prompt.messages.empty()) metadata[messages_key] = messages_text(request.prompt.messages);
  // As JSON: earlier versions of mlx-lm read it so.
  if (in.tokenizer) metadata[template_key] = nlohmann::json(in.tokenizer->chat_template()).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return metadata;
}

}  // namespace

SavedContext save_context(ModelHost& host, const SaveContextRequest& request, const PromptCaches& caches, const Progress& progress) {
  if (!request.prompt.prompt_cache_file.empty()) fail(Errc::invalid_argument, "a context that continues a file cannot be saved: its text is not known");
  if (request.path.empty() && !caches.snapshots) fail(Errc::invalid_argument, "there is no folder to keep snapshots in");
  host.check_files();
  ModelHost::Internals& in = host.internals();
  in.reset_peak();
  const std::vector<std::int32_t> ids = ids_of(host, request);
  if (ids.empty()) fail(Errc::invalid_argument, "there is no text to save");
  if (ids.size() >= static_cast<std::size_t>(in.runner->capacity())) {
    fail(Errc::invalid_argument, "the text has {} tokens; the model was loaded with a context of {}", ids.size(), in.runner->capacity());
  }
  const std::filesystem::path path = request.path.empty() ? caches.snapshots->path_for(request.name) : std::filesystem::path(request.path);
  SavedContext saved;
  const auto begin = std::chrono::steady_clock::now();
  PromptReader reader(host, request.prompt, caches);
  {
    const PhaseScope phase(*in.backend->allocator()->ledger(), MemoryPhase::prompt);
    reader.read(ids, progress);
  }
  saved.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  saved.tokens = ids.size();
  saved.cached_tokens = reader.report().tokens.total();
  write_context(*in.runner, path, metadata_of(host, request, ids));
  reader.keep();
  saved.peak_memory_bytes = in.peak_bytes();
  saved.snapshot.file = describe(PromptCacheFile::open(path));
  if (request.path.empty()) saved.snapshot.id = path.stem().string();
  return saved;
}

}  // namespace etna
