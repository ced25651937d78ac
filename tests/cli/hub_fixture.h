#pragma once

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "hub/cache.h"
#include "hub/verify.h"
#include "tests/cli/run_cli.h"
#include "tests/engine/io/gguf_builder.h"
#include "tests/hub/support/test_hub.h"

extern char** environ;

namespace etna::test {

/// A GGUF head of a one-layer Llama, and its data: small, but all that an estimate asks for.
inline std::string tiny_gguf(std::uint32_t type, std::size_t element_bytes) {
  GgufBuilder file;
  file.text("general.architecture", "llama").integer("llama.block_count", 1).integer("llama.context_length", 4096);
  file.integer("llama.embedding_length", 64).integer("llama.feed_forward_length", 128);
  file.integer("llama.attention.head_count", 4).integer("llama.attention.head_count_kv", 2);
  file.value("llama.attention.layer_norm_rms_epsilon", 6, raw(1e-5f)).text("tokenizer.ggml.model", "gpt2");
  file.texts("tokenizer.ggml.tokens", std::vector<std::string>(96, "a"));
  std::size_t data = 0;
  const auto add = [&](const std::string& name, const std::vector<std::uint64_t>& axes) {
    const bool is_vector = axes.size() == 1;
    file.tensor(name, axes, is_vector ? 0 : type, data);
    std::size_t bytes = is_vector ? 4 : element_bytes;
    for (const std::uint64_t axis : axes) bytes *= axis;
    data += (bytes + 31) / 32 * 32;
  };
  add("token_embd.weight", {64, 96});
  add("output_norm.weight", {64});
  add("output.weight", {64, 96});
  const std::string layer = "blk.0.";
  for (const char* name : {"attn_norm", "ffn_norm"}) add(layer + name + ".weight", {64});
  for (const char* name : {"attn_q", "attn_output"}) add(layer + name + ".weight", {64, 64});
  for (const char* name : {"attn_k", "attn_v"}) add(layer + name + ".weight", {64, 32});
  for (const char* name : {"ffn_gate", "ffn_up"}) add(layer + name + ".weight", {64, 128});
  add(layer + "ffn_down.weight", {128, 64});
  return file.bytes(data);
}

/// etna-cli with a home of its own, and a hub on the loopback interface.
class CliHub : public testing::Test {
protected:
  void SetUp() override {
    for (const char* name : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE",
                             "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "OLLAMA_MODELS", "LLAMA_CACHE"})
      ::unsetenv(name);
    const auto set = [](const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); };
    set("HOME", home_.path());
    set("HF_HOME", home_ / "hf");
    set("XDG_DATA_HOME", home_ / "data");
    set("XDG_CACHE_HOME", home_ / "cache");
    set("HF_ENDPOINT", hub_.endpoint());
    set("ETNA_HUB_HOSTS", "localhost");  // where the test hub has its content network
    set("NO_PROXY", "*");
  }

  hub::Cache cache() const { return hub::Cache(home_ / "hf" / "hub"); }

  /// One repository with a configuration and weights of `size` bytes, which are counted where they are made.
  void add_weights(const std::string& id, std::uint64_t size) {
    auto blob = *make_pattern_blob(size, 7);
    blob.source = [this, make = blob.source](std::uint64_t offset, std::span<char> bytes) {
      make(offset, bytes);
      sent_ += bytes.size();
    };
    weights_ = std::make_shared<const Blob>(blob);
    hub_.add(id).commit({{"config.json", make_blob(R"({"model_type":"llama"})", false)}, {"model.safetensors", weights_}});
  }

  /// Two versions of one model.
  void add_ggufs(const std::string& id) {
    Repository& repository = hub_.add(id);
    repository.tags.push_back("gguf");
    repository.commit({{"tiny-F16.gguf", make_blob(tiny_gguf(1, 2), true)}, {"tiny-F32.gguf", make_blob(tiny_gguf(0, 4), true)}});
  }

  void slow_down(std::uint64_t bytes_per_second) {
    Fault slow;
    slow.kind = FaultKind::drip;
    slow.on_content_network = true;
    slow.count = -1;
    slow.at = bytes_per_second;
    hub_.add_fault(slow);
  }

  /// etna-cli get `id` in the background; its words go to `errors`.
  pid_t start_get(const std::string& id, const std::filesystem::path& errors) const {
    std::string program = ETNA_CLI, verb = "get", model = id;
    char* arguments[] = {program.data(), verb.data(), model.data(), nullptr};
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, 2, errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t child = 0;
    EXPECT_EQ(::posix_spawn(&child, program.c_str(), &files, nullptr, arguments, environ), 0);
    posix_spawn_file_actions_destroy(&files);
    return child;
  }

  static int wait_for(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  void wait_for_bytes(std::uint64_t bytes) const {
    for (int i = 0; i < 20'000 && sent_ < bytes; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ASSERT_GE(sent_, bytes);
  }

  void expect_whole(const std::string& id, const std::string& file, const BlobRef& blob) const {
    const auto commit = cache().ref(id, "main");
    ASSERT_TRUE(commit);
    const auto path = cache().find(id, *commit, file);
    ASSERT_TRUE(path);
    EXPECT_EQ(hub::hash_file(*path, hub::HashKind::sha256), blob->sha256);
  }

  static std::string text_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }

  const TemporaryFolder home_;
  std::atomic<std::uint64_t> sent_ = 0;
  TestHub hub_;
  BlobRef weights_;
};

}  // namespace etna::test
