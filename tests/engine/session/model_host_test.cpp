#include "engine/session/model_host.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/base/error.h"
#include "engine/devices.h"
#include "tests/support/tiny_llama.h"

namespace etna {
namespace {

const std::vector<std::int32_t> prompt{1, 17, 5, 90, 33, 8, 61};

/// Each test runs on the processor and on a Vulkan device.
class ModelHostTest : public testing::TestWithParam<const char*> {
protected:
  void SetUp() override {
    try {
      backend_ = open_device(GetParam());
    } catch (const Error& error) {
      FAIL() << error.what();
    }
  }

  std::unique_ptr<ModelHost> load(const test::TinyLlama& model, const char* activations = "f32") {
    return ModelHost::load(model.config(), model, backend_, {activations, 0}, {});
  }

  std::string failure(const test::TinyLlama& model) {
    try {
      load(model);
    } catch (const Error& error) {
      return std::string(name(error.code())) + ": " + error.what();
    }
    return "loaded";
  }

  std::shared_ptr<Backend> backend_;
};

double difference(const std::vector<float>& a, const std::vector<float>& b) {
  double worst = a.size() == b.size() ? 0 : INFINITY;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) worst = std::max(worst, std::fabs(double{a[i]} - b[i]));
  return worst;
}

TEST_P(ModelHostTest, prefill_equals_one_token_after_the_other) {
  const test::TinyLlama model;
  const auto host = load(model);
  const std::int64_t last = 6;
  const std::vector<float> at_once = host->logits(prompt, std::span(&last, 1)).front();
  std::vector<std::int64_t> all(prompt.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
  const auto rows = host->logits(prompt, all);
  EXPECT_LT(difference(rows.back(), at_once), 1e-5);
  for (std::size_t length = 1; length < prompt.size(); ++length) {
    const auto part = std::span(prompt).first(length);
    const auto end = static_cast<std::int64_t>(length) - 1;
    EXPECT_LT(difference(host->logits(part, std::span(&end, 1)).front(), rows[length - 1]), 1e-4);
  }
}

TEST_P(ModelHostTest, greedy_follows_the_logits_and_the_cache_holds) {
  const test::TinyLlama model(false);
  const auto host = load(model);
  const auto result = host->greedy(prompt, 12, IgnoreEos::yes, WantLogits::yes);
  ASSERT_EQ(result.ids.size(), 12u);
  std::vector<std::int32_t> ids = prompt;
  for (const std::int32_t id : result.ids) {
    const auto last = static_cast<std::int64_t>(ids.size()) - 1;
    const std::vector<float> logits = host->logits(ids, std::span(&last, 1)).front();
    EXPECT_EQ(id, std::max_element(logits.begin(), logits.end()) - logits.begin());
    if (&id == &result.ids.back()) {
      EXPECT_LT(difference(logits, result.last_logits), 1e-4);
    }
    ids.push_back(id);
  }
}

TEST_P(ModelHostTest, rows_of_a_batch_equal_single_runs) {
  const test::TinyLlama model;
  const auto host = load(model);
  const std::vector<std::vector<std::int32_t>> prompts{{4}, prompt, {9, 9, 9, 50, 2, 77, 1, 3, 40, 41, 42}};
  const auto batch = host->greedy_batch(prompts, 8, IgnoreEos::yes);
  for (std::size_t row = 0; row < prompts.size(); ++row) {
    EXPECT_EQ(batch[row].ids, host->greedy(prompts[row], 8, IgnoreEos::yes).ids) << row;
  }
}

TEST_P(ModelHostTest, a_limited_cache_answers_the_same_in_one_piece_and_token_by_token) {
  const test::TinyLlama model;
  const auto host = ModelHost::load(model.config(), model, backend_, {"f32", 0, {.max_size = 12}}, {});
  EXPECT_EQ(host->info().context_length, 128u);
  const auto result = host->greedy(prompt, 30, IgnoreEos::yes, WantLogits::yes);
  std::vector<std::int32_t> ids = prompt;
  ids.insert(ids.end(), result.ids.begin(), result.ids.end() - 1);
  const auto last = static_cast<std::int64_t>(ids.size()) - 1;
  EXPECT_LT(difference(host->logits(ids, std::span(&last, 1)).front(), result.last_logits), 1e-4);
  EXPECT_GT(difference(load(model)->logits(ids, std::span(&last, 1)).front(), result.last_logits), 1e-4);
}

TEST_P(ModelHostTest, cache_settings_that_do_not_suit_the_model_are_refused) {
  const test::TinyLlama model;
  const auto message = [&](const KvCacheSettings& settings) -> std::string {
    try {
      ModelHost::load(model.config(), model, backend_, {"f32", 0, settings}, {});
    } catch (const Error& error) {
      return error.what();
    }
    return "loaded";
  };
  EXPECT_NE(message({.key_bits = 4, .value_bits = 4}).find("8 elements is no multiple of the cache's groups of 64"), std::string::npos);
  EXPECT_NE(message({.key_bits = 5}).find("5 bits"), std::string::npos);
  EXPECT_NE(message({.max_size = 3}).find("a size of 3"), std::string::npos);
}

TEST_P(ModelHostTest, half_activations_stay_near_float32) {
  const test::TinyLlama model;
  const std::int64_t last = 6;
  const auto exact = load(model)->logits(prompt, std::span(&last, 1)).front();
  EXPECT_LT(difference(load(model, "f16")->logits(prompt, std::span(&last, 1)).front(), exact), 0.05);
  EXPECT_LT(difference(load(model, "bf16")->logits(prompt, std::span(&last, 1)).front(), exact), 0.4);
}

TEST_P(ModelHostTest, a_model_that_goes_leaves_no_byte) {
  const std::uint64_t before = backend_->allocator()->ledger()->total().live_bytes;
  const test::TinyLlama model;
  {
    const auto host = load(model);
    host->greedy(prompt, 4, IgnoreEos::yes);
    EXPECT_GT(backend_->allocator()->ledger()->total().live_bytes, before);
  }
  EXPECT_EQ(backend_->allocator()->ledger()->total().live_bytes, before);
}

TEST_P(ModelHostTest, missing_and_misshapen_tensors_are_named) {
  test::TinyLlama missing;
  missing.remove("model.layers.1.mlp.down_proj.weight");
  EXPECT_NE(failure(missing).find("not_found: tiny llama: tensor model.layers.1.mlp.down_proj.weight is missing"), std::string::npos) << failure(missing);
  test::TinyLlama misshapen;
  misshapen.reshape("model.layers.0.self_attn.k_proj.weight", {48, 16});
  EXPECT_NE(failure(misshapen).find("k_proj.weight has shape (48, 16), but config.json makes it (16, 48)"), std::string::npos) << failure(misshapen);
  test::TinyLlama foreign;
  foreign.config().model_type = "frobnicator";
  EXPECT_NE(failure(foreign).find("unsupported: tiny llama: model_type 'frobnicator' is not supported; known are: cohere"), std::string::npos) << failure(foreign);
}

TEST_P(ModelHostTest, requests_that_make_no_sense_are_refused) {
  const test::TinyLlama model;
  const auto host = load(model);
  const auto refuses = [&](const auto& call) {
    try {
      call();
    } catch (const Error& error) {
      return error.code() == Errc::invalid_argument;
    }
    return false;
  };
  const std::int64_t beyond = 7, first = 0;
  EXPECT_TRUE(refuses([&] { host->logits(std::vector<std::int32_t>{}, std::span(&first, 1)); }));
  EXPECT_TRUE(refuses([&] { host->logits(prompt, std::span(&beyond, 1)); }));
  EXPECT_TRUE(refuses([&] { host->logits(std::vector<std::int32_t>{1, 96}, std::span(&first, 1)); }));
  EXPECT_TRUE(refuses([&] { host->logits(std::vector<std::int32_t>{-1}, std::span(&first, 1)); }));
  EXPECT_TRUE(refuses([&] { host->greedy(prompt, 1000, IgnoreEos::yes); }));
  EXPECT_TRUE(refuses([&] { host->greedy(prompt, 0, IgnoreEos::yes); }));
}

TEST_P(ModelHostTest, too_little_memory_is_said_before_the_load) {
  backend_->allocator()->ledger()->set_limit(10000);
  const test::TinyLlama model;
  EXPECT_NE(failure(model).find("out_of_memory: loading tiny llama needs"), std::string::npos) << failure(model);
  backend_->allocator()->ledger()->set_limit(0);
  EXPECT_EQ(failure(model), "loaded");
}

INSTANTIATE_TEST_SUITE_P(Devices, ModelHostTest, testing::Values("cpu", "vulkan"), [](const auto& device) { return std::string(device.param); });

}  // namespace
}  // namespace etna
