#include "engine/session/rehearsal.h"

#include <gtest/gtest.h>

#include "benchmarks/support/family_model.h"
#include "benchmarks/support/measured_load.h"
#include "engine/base/error.h"
#include "engine/devices.h"
#include "engine/session/model_host.h"
#include "engine/session/model_internals.h"

namespace etna {
namespace {

using benchmarks::FamilyModel;

/// Each test on the processor and on software Vulkan, where there is one.
class RehearsalTest : public testing::TestWithParam<std::string> {
protected:
  void SetUp() override {
    try {
      backend_ = open_device(GetParam());
    } catch (const Error& error) {
      GTEST_SKIP() << error.what();
    }
  }

  std::shared_ptr<Backend> backend_;
};

TEST_P(RehearsalTest, a_load_takes_what_its_rehearsal_says) {
  std::vector<std::pair<const char*, const char*>> models{{"llama", "q4"}, {"qwen3", "bf16"}};
  std::vector<std::uint64_t> contexts{96, 1500};
  if (GetParam() == "cpu") {  // software Vulkan takes minutes for more
    models.insert(models.end(), {{"gemma3_text", "bf16"}, {"qwen2_moe", "q4"}, {"deepseek_v3", "bf16"}, {"gpt2", "bf16"}});
  } else {
    contexts.pop_back();
  }
  for (const auto& [family, format] : models) {
    const FamilyModel model(family, format);
    for (const std::uint64_t context : contexts) {
      const auto load = benchmarks::measure_load(model.config(), model, backend_, context);
      const double ratio = static_cast<double>(load.estimated_bytes) / static_cast<double>(load.measured_bytes);
      EXPECT_NEAR(ratio, 1, 0.05) << model.description() << ", " << context << " tokens: " << load.estimated_bytes << " and " << load.measured_bytes;
    }
  }
}

TEST_P(RehearsalTest, a_rehearsal_takes_nothing_of_the_device) {
  const FamilyModel model("llama", "bf16");
  MemoryLedger& ledger = *backend_->allocator()->ledger();
  const std::uint64_t before = ledger.allocation_count();
  LoadRehearsal rehearsal(ModelOutline::of(model.config(), model), *backend_);
  EXPECT_GT(rehearsal.measure(rehearsal.options(*backend_, "", 4096, {})).total(), 0u);
  EXPECT_EQ(ledger.allocation_count(), before);
  EXPECT_EQ(ledger.peak_bytes(), 0u);
}

TEST_P(RehearsalTest, decoding_allocates_nothing) {
  const FamilyModel model("qwen3", "bf16");
  const auto host = ModelHost::load(model.config(), model, backend_, {.activations = {}, .context_length = 256}, {});
  Runner& runner = *host->internals().runner;
  const std::vector<std::int32_t> prompt{5, 3, 9, 17};
  const std::int64_t last = 3;
  runner.append_for_logits(0, prompt, std::span(&last, 1));
  const auto stream = runner.stream(7, {0.7F}, 1);
  stream->next();  // the plan is made
  const MemoryLedger& ledger = *backend_->allocator()->ledger();
  const std::uint64_t before = ledger.allocation_count();
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(stream->next());
  EXPECT_EQ(ledger.allocation_count(), before);
}

TEST_P(RehearsalTest, packed_caches_are_counted_in_both_forms_while_they_are_packed) {
  const FamilyModel model("qwen3", "bf16");
  LoadRehearsal rehearsal(ModelOutline::of(model.config(), model), *backend_);
  const auto kv = [&](const KvCacheSettings& settings) {
    return rehearsal.measure(rehearsal.options(*backend_, "f16", 2048, settings)).device.kv_cache_bytes;
  };
  const std::uint64_t plain = kv({}), packed = kv({.key_bits = 8, .value_bits = 8});
  const std::uint64_t later = kv({.key_bits = 8, .value_bits = 8, .quantized_start = 1024});
  EXPECT_LT(packed, plain * 3 / 5);
  EXPECT_GT(later, packed);
  EXPECT_LE(later, plain + packed);
}

TEST_P(RehearsalTest, a_load_that_does_not_fit_is_refused_before_anything_is_taken_unless_it_is_forced) {
  const FamilyModel model("llama", "bf16");
  MemoryLedger& ledger = *backend_->allocator()->ledger();
  LoadRehearsal rehearsal(ModelOutline::of(model.config(), model), *backend_);
  const std::uint64_t total = rehearsal.measure(rehearsal.options(*backend_, "", 1024, {})).total();
  ledger.set_limit(total - (std::uint64_t{1} << 20));
  const std::uint64_t before = ledger.allocation_count();
  try {
    ModelHost::load(model.config(), model, backend_, {.activations = {}, .context_length = 1024}, {});
    FAIL() << "it was loaded";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::out_of_memory);
  }
  EXPECT_EQ(ledger.allocation_count(), before);
  EXPECT_NO_THROW(ModelHost::load(model.config(), model, backend_, {.activations = {}, .context_length = 1024, .limits = LimitRule::ignore}, {}));
}

INSTANTIATE_TEST_SUITE_P(Devices, RehearsalTest, testing::Values("cpu", "vulkan"), [](const auto& device) { return device.param; });

}  // namespace
}  // namespace etna
