#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/devices.h"
#include "engine/generation/runner.h"
#include "engine/models/decoder.h"
#include "tests/engine/models/random_parameters.h"
#include "tests/engine/models/tiny_families.h"

namespace etna {
namespace {

using nlohmann::json;

using test::config_of;
using test::particulars;

constexpr std::int64_t vocab = test::tiny_vocab;

std::vector<std::int32_t> text(std::size_t length, std::int32_t seed) {
  std::vector<std::int32_t> ids;
  for (std::size_t i = 0; i < length; ++i) ids.push_back(static_cast<std::int32_t>((i * 17 + static_cast<std::size_t>(seed) * 29 + i * i) % vocab));
  return ids;
}

double difference(std::span<const float> a, std::span<const float> b) {
  double worst = a.size() == b.size() ? 0 : INFINITY;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) worst = std::max(worst, std::fabs(double{a[i]} - b[i]));
  return std::isnan(worst) ? INFINITY : worst;
}

class Families : public testing::TestWithParam<std::string> {
protected:
  void SetUp() override { backend_ = open_device("cpu"); }

  std::unique_ptr<Model> make() {
    test::RandomParameters parameters({"qkv_proj", "gate_up_proj", "lm_head"});
    return create_model(config_of(GetParam()), parameters);
  }

  Runner runner(const Model& model, std::int64_t batch) {
    return {model, *backend_, backend_->allocator()->add_owner("test"), vocab, {.batch = batch, .capacity = 64, .prefill_step = 64}};
  }

  static std::vector<float> last_logits(Runner& runner, std::int64_t row, std::span<const std::int32_t> ids) {
    const auto last = static_cast<std::int64_t>(ids.size()) - 1;
    return runner.append_for_logits(row, ids, std::span(&last, 1));
  }

  std::shared_ptr<Backend> backend_;
};

TEST_P(Families, one_token_after_the_other_gives_what_all_at_once_gives) {
  const std::unique_ptr<Model> model = make();
  const std::vector<std::int32_t> ids = text(20, 1);
  Runner at_once = runner(*model, 1), stepwise = runner(*model, 1);
  const std::vector<float> expected = last_logits(at_once, 0, ids);
  ASSERT_TRUE(std::ranges::all_of(expected, [](float value) { return std::isfinite(value); }));
  last_logits(stepwise, 0, std::span(ids).first(9));
  for (std::size_t i = 9; i + 1 < ids.size(); ++i) stepwise.step(std::span(&ids[i], 1));
  EXPECT_LT(difference(expected, stepwise.step(std::span(&ids.back(), 1))), 2e-4);
}

TEST_P(Families, rows_of_a_batch_are_single_texts) {
  const std::unique_ptr<Model> model = make();
  const std::vector<std::int32_t> short_text = text(5, 2), long_text = text(17, 3);
  Runner batch = runner(*model, 2);
  last_logits(batch, 0, std::span(short_text).first(4));
  last_logits(batch, 1, std::span(long_text).first(16));
  const std::int32_t next[] = {short_text.back(), long_text.back()};
  const std::span<const float> both = batch.step(next);
  Runner one = runner(*model, 1), two = runner(*model, 1);
  EXPECT_LT(difference(both.first(vocab), last_logits(one, 0, short_text)), 2e-4);
  EXPECT_LT(difference(both.last(vocab), last_logits(two, 0, long_text)), 2e-4);
}

TEST_P(Families, order_matters) {
  const std::unique_ptr<Model> model = make();
  Runner forward = runner(*model, 1), changed = runner(*model, 1);
  const std::vector<std::int32_t> ids{3, 9, 27, 14, 5}, swapped{9, 3, 27, 14, 5};
  EXPECT_GT(difference(last_logits(forward, 0, ids), last_logits(changed, 0, swapped)), 1e-4);
}

std::vector<std::string> names_of_particulars() {
  std::vector<std::string> names;
  for (const auto& [name, keys] : particulars()) names.push_back(name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, Families, testing::ValuesIn(names_of_particulars()), [](const auto& family) { return family.param; });

TEST(FamilyTable, every_known_type_is_tested) { EXPECT_EQ(supported_model_types(), names_of_particulars()); }

void expect_refused(const std::string& family, const json& changes, std::initializer_list<const char*> parts) {
  try {
    describe_model(config_of(family, changes));
    FAIL() << family << " took " << changes.dump();
  } catch (const Error& error) {
    for (const char* part : parts) EXPECT_THAT(error.what(), testing::HasSubstr(part));
  }
}

TEST(FamilyKeys, what_changes_the_mathematics_and_is_not_known_is_named) {
  expect_refused("llama", {{"residual_multiplier", 0.5}}, {"llama/config.json", "residual_multiplier = 0.5"});
  expect_refused("llama", {{"hidden_act", "relu6"}}, {"hidden_act", "relu6"});
  expect_refused("llama", {{"attn_logit_softcapping", 30.0}}, {"attn_logit_softcapping"});
  expect_refused("llama", {{"rope_scaling", {{"rope_type", "spiral"}}}}, {"spiral"});
  expect_refused("llama", {{"layer_types", {"full_attention", "linear_attention", "full_attention"}}}, {"layer_types", "linear_attention"});
  expect_refused("gpt_oss", {{"swiglu_limit", 9.0}}, {"swiglu_limit"});
  expect_refused("gemma2", {{"layer_types", {"full_attention"}}}, {"layer_types", "1 entries for 3 layers"});
  expect_refused("phi3", {{"rope_scaling", {{"type", "longrope"}, {"short_factor", {1, 2}}, {"long_factor", {1, 2, 3}}}}}, {"long_factor", "3 numbers"});
  EXPECT_NO_THROW(describe_model(config_of("llama", {{"residual_multiplier", 1.0}, {"initializer_range", 0.02}})));
}

TEST(FamilyKeys, both_spellings_of_ropes_say_the_same) {
  const json scaling = {{"rope_type", "llama3"}, {"factor", 8.0}, {"original_max_position_embeddings", 64}};
  json parameters = scaling;
  parameters["rope_theta"] = 5e5;
  const DecoderSettings old = describe_model(config_of("llama", {{"rope_theta", 5e5}, {"rope_scaling", scaling}}));
  const DecoderSettings now = describe_model(config_of("llama", {{"rope_scaling", nullptr}, {"rope_parameters", parameters}}));
  EXPECT_EQ(old.ropes, now.ropes);
  EXPECT_EQ(old.ropes.at(0).theta, 5e5);

  const json by_kind = {{"full_attention", {{"rope_theta", 1e6}, {"rope_type", "linear"}, {"factor", 8.0}}},
                        {"sliding_attention", {{"rope_theta", 1e4}, {"rope_type", "default"}}}};
  const DecoderSettings gemma_now = describe_model(config_of("gemma3_text", {{"rope_scaling", nullptr}, {"rope_parameters", by_kind}}));
  const DecoderSettings gemma_old = describe_model(config_of("gemma3_text", {{"rope_theta", 1e6}, {"rope_local_base_freq", 1e4}}));
  ASSERT_EQ(gemma_now.ropes.size(), 2u);
  EXPECT_EQ(nn::rope_table(gemma_now.ropes[0], 1), nn::rope_table(gemma_old.ropes[0], 1));
  EXPECT_EQ(nn::rope_table(gemma_now.ropes[1], 1), nn::rope_table(gemma_old.ropes[1], 1));
}

TEST(FamilyNames, joined_and_separate_matrices_are_both_found) {
  test::RandomParameters joined, separate({"qkv_proj", "gate_up_proj"});
  create_model(config_of("phi3"), joined);
  create_model(config_of("phi3"), separate);
  EXPECT_THAT(joined.asked(), testing::Contains("model.layers.0.self_attn.qkv_proj#32"));
  EXPECT_THAT(separate.asked(), testing::Contains("model.layers.0.self_attn.k_proj"));
}

TEST(FamilyNames, models_that_also_see_keep_their_language_model_deeper) {
  struct Prefixed : test::RandomParameters {
    bool has(const std::string& path) const override { return path.starts_with("language_model.") && !path.ends_with("_proj.weight"); }
  } deeper;
  create_model(config_of("mistral3"), deeper);
  EXPECT_THAT(deeper.asked(), testing::Contains("language_model.model.embed_tokens"));
  EXPECT_THAT(deeper.asked(), testing::Contains("language_model.lm_head"));
}

}  // namespace
}  // namespace etna
