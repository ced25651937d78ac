#include <gtest/gtest.h>

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/base/error.h"
#include "engine/session/chat_batch.h"
#include "tests/engine/session/faults/failing_memory.h"
#include "tests/engine/session/faults/model_on_disk.h"
#include "tests/support/tiny_llama.h"

namespace etna::test {
namespace {

/// What a model is asked to do while memory ends.
struct Scenario {
  const char* name;
  KvCacheSettings kv_cache = {};
  bool has_draft = false;
  std::vector<std::string> (*run)(ModelHost& host) = nullptr;
};

std::vector<std::string> one_answer(ModelHost& host) { return {answer(host, letters("hello there"))}; }

/// The second prompt begins as the first text did; filters make the host pick.
std::vector<std::string> two_answers(ModelHost& host) {
  ChatRequest second = letters("hello there, hello again");
  second.sampling.temperature = 0.8;
  second.sampling.top_k = 5;
  return {answer(host, letters("hello there")), answer(host, second)};
}

std::vector<std::string> side_by_side(ModelHost& host) {
  const std::vector<ChatRequest> requests = {letters("hello", 12), letters("there are", 8), letters("so many", 10)};
  std::vector<std::string> texts(requests.size());
  const auto sink_of = [&](std::size_t i) {
    return ChatSink{.prompt_progress = {},
                    .text = [&texts, i](const std::string& text) { texts[i] += text; },
                    .thinking = {},
                    .tool_call = {},
                    .warning = {}};
  };
  run_chat_batch(host, requests, 2, sink_of, [](std::size_t, const RunStatistics&) {}, {});
  return texts;
}

constexpr KvCacheSettings packed_late = {.max_size = 0, .key_bits = 8, .value_bits = 4, .group_size = 32, .quantized_start = 15};

const Scenario scenarios[] = {
    {.name = "an_answer", .run = one_answer},
    {.name = "two_answers", .run = two_answers},
    {.name = "a_cache_that_is_packed_late", .kv_cache = packed_late, .run = two_answers},
    {.name = "a_ring_cache", .kv_cache = {.max_size = 12}, .run = two_answers},
    {.name = "a_draft_model", .has_draft = true, .run = one_answer},
    {.name = "a_batch", .run = side_by_side},
    {.name = "a_batch_packed_late", .kv_cache = packed_late, .run = side_by_side},
};

class AllocationFaults : public testing::TestWithParam<Scenario> {
protected:
  void SetUp() override {
    // Heads of 32, which caches can pack in groups of 32.
    const nlohmann::json changes = {{"num_attention_heads", 2}, {"num_key_value_heads", 1}};
    model_ = write_tiny_chat_model(folder_ / "model", changes);
    backend_ = cpu::create_backend(2);
    backend_->allocator()->set_cache_limit(0);  // every block comes from the heap
    first_ = load();
    expected_first_ = one_answer(*first_);
    live_ = live_bytes(*backend_);
    expected_ = GetParam().run(*load());
  }

  std::unique_ptr<ModelHost> load() {
    const Scenario& scenario = GetParam();
    return ModelHost::load(model_, backend_,
                           {.activations = "f32",
                            .context_length = 128,
                            .kv_cache = scenario.kv_cache,
                            .draft_model = scenario.has_draft ? model_.string() : ""},
                           {});
  }

  /// Whether a load failed at the n-th allocation, and all is as it was.
  bool load_fails_at(std::uint64_t n) {
    std::unique_ptr<ModelHost> host;
    std::optional<Failure> failure;
    {
      const FailingMemory memory(MemorySource::blocks, n);
      failure = failure_of([&] { host = load(); });
    }
    check(failure, n);
    host.reset();
    EXPECT_EQ(live_bytes(*backend_), live_) << "allocation " << n;
    return FailingMemory::failed();
  }

  /// Whether answers failed at the n-th allocation; the model must give them afterwards.
  bool answers_fail_at(MemorySource source, std::uint64_t n) {
    auto host = load();
    std::optional<Failure> failure;
    {
      const FailingMemory memory(source, n);
      failure = failure_of([&] { GetParam().run(*host); });
    }
    const bool failed = FailingMemory::failed();
    check(failure, n);
    EXPECT_EQ(GetParam().run(*host), expected_) << "after allocation " << n;
    host.reset();
    EXPECT_EQ(live_bytes(*backend_), live_) << "allocation " << n;
    return failed;
  }

  void check(const std::optional<Failure>& failure, std::uint64_t n) const {
    if (!FailingMemory::failed()) {
      EXPECT_FALSE(failure) << failure->message;
    } else if (failure) {  // else somebody could do without
      EXPECT_EQ(failure->code, Errc::out_of_memory) << "allocation " << n << ": " << failure->message;
    }
  }

  void check_first() { EXPECT_EQ(one_answer(*first_), expected_first_); }

  TemporaryFolder folder_;
  std::filesystem::path model_;
  std::shared_ptr<Backend> backend_;
  std::unique_ptr<ModelHost> first_;  // must not notice
  std::vector<std::string> expected_first_, expected_;
  std::uint64_t live_ = 0;
};

TEST_P(AllocationFaults, every_block_of_the_heap_may_be_the_last_while_loading) {
  std::uint64_t n = 1;
  for (; load_fails_at(n); ++n) {
    ASSERT_LT(n, 2000u);
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GT(n, 2u);
  check_first();
  EXPECT_EQ(GetParam().run(*load()), expected_);
}

TEST_P(AllocationFaults, every_block_of_the_heap_may_be_the_last_while_answering) {
  std::uint64_t n = 1;
  for (; answers_fail_at(MemorySource::blocks, n); ++n) {
    ASSERT_LT(n, 2000u);
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GT(n, 2u);
  check_first();
}

/// Objects are thousands: the first ones all, then in steps that grow by a twenty-fifth.
std::uint64_t next(std::uint64_t n) { return n + 1 + n / 25; }

TEST_P(AllocationFaults, objects_of_the_host_may_be_the_last_while_answering) {
  for (std::uint64_t n = 1; answers_fail_at(MemorySource::objects, n); n = next(n)) ASSERT_FALSE(HasFailure());
  check_first();
}

/// Of tensors that are open already: headers are JSON, and nlohmann::json takes memory in its destructor, which ends the
/// program where there is none.
TEST(AllocationFaultsOfWeights, objects_of_the_host_may_be_the_last_while_loading) {
  const TinyLlama tensors;
  const std::shared_ptr<Backend> backend = cpu::create_backend(2);
  const std::vector<std::int32_t> prompt = {1, 17, 5, 90};
  const auto load = [&] { return ModelHost::load(tensors.config(), tensors, backend, {.activations = "f32", .context_length = 64}, {}); };
  const auto first = load();
  const auto expected = first->greedy(prompt, 12, IgnoreEos::yes).ids;
  const std::uint64_t live = live_bytes(*backend);
  for (std::uint64_t n = 1;; n = next(n)) {
    std::unique_ptr<ModelHost> host;
    std::optional<Failure> failure;
    {
      const FailingMemory memory(MemorySource::objects, n);
      failure = failure_of([&] { host = load(); });
    }
    if (!FailingMemory::failed()) {
      ASSERT_FALSE(failure) << failure->message;
      EXPECT_EQ(host->greedy(prompt, 12, IgnoreEos::yes).ids, expected);
      break;
    }
    if (failure) {
      ASSERT_EQ(failure->code, Errc::out_of_memory) << "object " << n << ": " << failure->message;
    }
    host.reset();
    ASSERT_EQ(live_bytes(*backend), live) << "object " << n;
  }
  EXPECT_EQ(first->greedy(prompt, 12, IgnoreEos::yes).ids, expected);
}

INSTANTIATE_TEST_SUITE_P(Scenarios, AllocationFaults, testing::ValuesIn(scenarios),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

}  // namespace
}  // namespace etna::test
