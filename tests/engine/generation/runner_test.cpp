#include "engine/generation/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/backend/vulkan/vulkan_backend.h"
#include "engine/base/error.h"
#include "tests/engine/generation/attention_only.h"

namespace etna {
namespace {

using test::AttentionOnly, test::difference, test::ids_of, test::vocab;

enum class Place { processor, graphics };

class RunnerTest : public testing::TestWithParam<Place> {
protected:
  void SetUp() override {
    if (GetParam() == Place::processor) backend_ = cpu::create_backend(2);
    else if (vulkan::enumerate_devices().empty()) GTEST_SKIP() << "no Vulkan device";
    else backend_ = vulkan::create_backend(0);
    owner_ = backend_->allocator()->add_owner("test");
  }

  Runner runner(const RunnerOptions& options) { return {model_, *backend_, owner_, vocab, options}; }

  /// Logits after the last of ids, appended to a row.
  static std::vector<float> append(Runner& runner, std::span<const std::int32_t> ids, std::int64_t row = 0) {
    const std::int64_t last = static_cast<std::int64_t>(ids.size()) - 1;
    return runner.append_for_logits(row, ids, std::span(&last, 1));
  }

  std::uint64_t cache_bytes() const {
    std::uint64_t bytes = 0;
    for (const auto& use : backend_->allocator()->ledger()->total().uses) {
      if (use.tag == MemoryTag::kv_cache) bytes += use.live_bytes;
    }
    return bytes;
  }

  std::uint64_t peak_cache_bytes() const {
    std::uint64_t bytes = 0;
    for (const auto& use : backend_->allocator()->ledger()->total().uses) {
      if (use.tag == MemoryTag::kv_cache) bytes += use.peak_bytes;
    }
    return bytes;
  }

  AttentionOnly model_{20};
  std::unique_ptr<Backend> backend_;
  OwnerId owner_ = 0;
};

constexpr double close = 1e-3;  // of logits of about 10
constexpr double exact = 1e-4;  // kernels may share keys out by the capacity, and sum in another order

TEST_P(RunnerTest, pieces_of_any_length_give_the_same_logits) {
  const std::vector<std::int32_t> ids = ids_of(230);
  for (const std::int64_t max_kv_size : {0, 30}) {
    std::vector<std::vector<float>> results;
    for (const std::int64_t step : {230, 64, 17}) {
      Runner one = runner({.capacity = 1000, .prefill_step = step, .max_kv_size = max_kv_size});
      results.push_back(append(one, ids));
    }
    Runner single = runner({.capacity = 1000, .prefill_step = 64, .max_kv_size = max_kv_size});
    append(single, std::span(ids).first(200));
    std::span<const float> last;
    for (std::size_t i = 200; i < ids.size(); ++i) last = single.step(std::span(&ids[i], 1));
    EXPECT_LT(difference(results[0], results[1]), close) << max_kv_size;
    EXPECT_LT(difference(results[0], results[2]), close) << max_kv_size;
    EXPECT_LT(difference(results[0], last), close) << max_kv_size;
  }
}

TEST_P(RunnerTest, a_limit_larger_than_the_text_changes_nothing) {
  const std::vector<std::int32_t> ids = ids_of(50);
  Runner all = runner({.capacity = 1000}), limited = runner({.capacity = 1000, .max_kv_size = 60}), less = runner({.capacity = 1000, .max_kv_size = 20});
  const std::vector<float> expected = append(all, ids);
  EXPECT_LT(difference(append(limited, ids), expected), close);
  EXPECT_GT(difference(append(less, ids), expected), close);
}

TEST_P(RunnerTest, rows_of_a_batch_answer_as_they_would_alone) {
  const std::vector<std::int32_t> ids = ids_of(200);
  for (const int bits : {0, 8}) {
    const RunnerOptions options{.capacity = 500, .prefill_step = 50, .max_kv_size = 30, .key_bits = bits, .value_bits = bits, .kv_group_size = 32};
    RunnerOptions three = options;
    three.batch = 3;
    Runner batch = runner(three);
    const std::size_t lengths[] = {7, 180, 60};
    for (std::size_t row = 0; row < 3; ++row) append(batch, std::span(ids).first(lengths[row]), static_cast<std::int64_t>(row));
    const std::int32_t next[] = {1, 2, 3};
    const std::span<const float> logits = batch.step(next);
    for (std::size_t row = 0; row < 3; ++row) {
      Runner alone = runner(options);
      append(alone, std::span(ids).first(lengths[row]));
      EXPECT_LT(difference(logits.subspan(row * vocab, vocab), alone.step(std::span(&next[row], 1))), bits == 0 ? close : 0.1) << row;
    }
  }
}

TEST_P(RunnerTest, a_row_goes_back_while_its_rings_remember) {
  const std::vector<std::int32_t> ids = ids_of(150);
  Runner one = runner({.capacity = 1000, .prefill_step = 64}), fresh = runner({.capacity = 1000, .prefill_step = 64});
  append(one, ids);
  EXPECT_EQ(one.truncate(0, 140), 140);
  const std::vector<float> again = append(one, std::span(ids).subspan(140));
  EXPECT_LT(difference(again, append(fresh, ids)), close);
  EXPECT_EQ(one.truncate(0, 41), 41);  // 150 positions in 128 places, a window of 20
  EXPECT_EQ(one.truncate(0, 40), 0);
  EXPECT_EQ(one.length(0), 0);
  EXPECT_LT(difference(append(one, ids), again), close);
}

TEST_P(RunnerTest, streams_count_what_they_overwrite) {
  const std::vector<std::int32_t> ids = ids_of(100);
  Runner one = runner({.capacity = 1000, .prefill_step = 64});
  append(one, ids);
  {
    const auto stream = one.stream(1, {}, 0);
    for (int i = 0; i < 28; ++i) ASSERT_TRUE(stream->next().has_value());
  }
  EXPECT_EQ(one.length(0), 128);
  EXPECT_EQ(one.truncate(0, 18), 0);  // what was in flight wrote behind position 127, over the first places
}

TEST_P(RunnerTest, caches_are_packed_once_they_are_long_enough) {
  const std::vector<std::int32_t> ids = ids_of(220);
  for (const std::size_t start : {48, 200}) {  // the second one when a ring has come round
    const RunnerOptions options{.capacity = 1000, .prefill_step = 16, .key_bits = 8, .value_bits = 8, .kv_group_size = 32, .quantized_kv_start = static_cast<std::int64_t>(start)};
    RunnerOptions never = options;
    never.key_bits = never.value_bits = 0;
    Runner packed = runner(options), plain = runner(never);
    const auto before = std::span(ids).first(start - 1), piece = std::span(ids).subspan(start - 1, 6);
    EXPECT_LT(difference(append(packed, before), append(plain, before)), exact);
    EXPECT_LT(difference(append(packed, piece), append(plain, piece)), exact);  // the piece that gets there is read as it was
    const auto rest = std::span(ids).subspan(start + 5, 10);
    const std::vector<float> a = append(packed, rest), b = append(plain, rest);
    EXPECT_GT(difference(a, b), 2 * exact);
    EXPECT_LT(difference(a, b), 0.5);
    packed.truncate(0, 0);
    plain.truncate(0, 0);
    EXPECT_LT(difference(append(packed, before), append(plain, before)), exact);
  }
}

TEST_P(RunnerTest, packing_takes_the_memory_that_it_says) {
  const RunnerOptions options{.capacity = 700, .prefill_step = 16, .key_bits = 4, .value_bits = 4, .kv_group_size = 32, .quantized_kv_start = 30};
  Runner one = runner(options);
  append(one, ids_of(40));
  append(one, ids_of(1));
  EXPECT_LE(peak_cache_bytes(), Runner::cache_bytes(model_.cache_shapes(), options));
  EXPECT_LT(cache_bytes(), peak_cache_bytes());
}

TEST_P(RunnerTest, streams_go_on_when_caches_are_packed) {
  const std::vector<std::int32_t> ids = ids_of(30);
  const RunnerOptions options{.capacity = 100, .prefill_step = 16, .key_bits = 8, .value_bits = 8, .kv_group_size = 32, .quantized_kv_start = 34};
  Runner one = runner(options), other = runner(options);
  append(one, ids);
  append(other, ids);
  const auto stream = one.stream(3, {}, 0);
  std::int32_t id = 3;
  for (int i = 0; i < 12; ++i) {
    const std::span<const float> logits = other.step(std::span(&id, 1));
    id = static_cast<std::int32_t>(std::ranges::max_element(logits) - logits.begin());
    ASSERT_EQ(stream->next(), id) << i;
  }
}

TEST_P(RunnerTest, takes_the_memory_that_it_says) {
  for (const std::int64_t max_kv_size : {0, 30}) {
    for (const int bits : {0, 4}) {
      const RunnerOptions options{.batch = 2, .capacity = 700, .prefill_step = 64, .max_kv_size = max_kv_size, .key_bits = bits, .value_bits = bits, .kv_group_size = 32};
      backend_->allocator()->clear_cache();  // blocks that were freed may be larger than wanted
      const Runner one = runner(options);
      EXPECT_EQ(cache_bytes(), Runner::cache_bytes(model_.cache_shapes(), options));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, RunnerTest, testing::Values(Place::processor, Place::graphics),
                         [](const auto& place) { return place.param == Place::processor ? "cpu" : "vulkan"; });

}  // namespace
}  // namespace etna
