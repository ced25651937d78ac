#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/backend/vulkan/vulkan_backend.h"
#include "engine/session/prompt_store.h"
#include "tests/engine/generation/attention_only.h"

namespace etna::test {

enum class Place { processor, graphics };

/// A way to keep a context.
struct CacheKind {
  const char* name;
  RunnerOptions options;
};

inline const std::vector<CacheKind>& cache_kinds() {
  static const std::vector<CacheKind> kinds = [] {
    const RunnerOptions base{.capacity = 512, .prefill_step = 64, .kv_group_size = 32};
    const auto with = [&](const auto& change) {
      RunnerOptions options = base;
      change(options);
      return options;
    };
    return std::vector<CacheKind>{
        {"plain_and_window", base},
        {"limited", with([](RunnerOptions& o) { o.max_kv_size = 30; })},
        {"packed_8", with([](RunnerOptions& o) { o.key_bits = o.value_bits = 8; })},
        {"packed_4", with([](RunnerOptions& o) { o.key_bits = o.value_bits = 4; })},
        {"keys_8_values_4", with([](RunnerOptions& o) { o.key_bits = 8, o.value_bits = 4; })},
        {"only_values_packed", with([](RunnerOptions& o) { o.value_bits = 8; })},
        {"limited_and_packed", with([](RunnerOptions& o) { o.max_kv_size = 30, o.key_bits = o.value_bits = 8; })},
        {"packed_later", with([](RunnerOptions& o) { o.key_bits = o.value_bits = 8, o.quantized_kv_start = 100; })},
        {"not_packed_yet", with([](RunnerOptions& o) { o.key_bits = o.value_bits = 8, o.quantized_kv_start = 400; })},
    };
  }();
  return kinds;
}

/// A small model with a layer that looks back over a window and one that sees everything, on the processor or on a device.
class KeptPrompts : public testing::TestWithParam<Place> {
protected:
  /// One device for all tests: pipelines are compiled once.
  static void SetUpTestSuite() {
    processor_ = cpu::create_backend(2);
    if (!vulkan::enumerate_devices().empty()) graphics_ = vulkan::create_backend(0);
  }

  static void TearDownTestSuite() {
    processor_.reset();
    graphics_.reset();
  }

  void SetUp() override {
    backend_ = (GetParam() == Place::processor ? processor_ : graphics_).get();
    if (!backend_) GTEST_SKIP() << "no Vulkan device";
    owner_ = backend_->allocator()->add_owner("test");
  }

  /// All on the processor; on a device, where each compiles pipelines of its own, one of each sort.
  std::vector<CacheKind> kinds() const {
    const std::vector<CacheKind>& all = cache_kinds();
    if (GetParam() == Place::processor) return all;
    return {all[0], all[1], all[4], all[7]};
  }

  std::unique_ptr<Runner> runner(const RunnerOptions& options) { return std::make_unique<Runner>(model_, *backend_, owner_, vocab, options); }

  std::unique_ptr<PromptStore> store() {
    return std::make_unique<PromptStore>(PromptStore::Parts{.allocator = [this] { return memory_->allocator(); },
                                                            .note = [this](const std::string& sentence) { notes_.push_back(sentence); }});
  }

  /// Logits after the last of ids.
  static std::vector<float> append(Runner& runner, std::span<const std::int32_t> ids) {
    const std::int64_t last = static_cast<std::int64_t>(ids.size()) - 1;
    return runner.append_for_logits(0, ids, std::span(&last, 1));
  }

  static CachedModel named(Runner& runner, const std::string& fingerprint = "weights") { return {"test", fingerprint, runner}; }

  std::uint64_t prompt_bytes() const {
    std::uint64_t bytes = 0;
    for (const auto& use : memory_->allocator()->ledger()->total().uses) bytes += use.tag == MemoryTag::prompt_cache ? use.live_bytes : 0;
    return bytes;
  }

  AttentionOnly model_{20};
  std::unique_ptr<Backend> memory_ = cpu::create_backend(1);  // where prompts are kept
  static inline std::unique_ptr<Backend> processor_, graphics_;
  Backend* backend_ = nullptr;
  OwnerId owner_ = 0;
  std::vector<std::string> notes_;
};

}  // namespace etna::test
