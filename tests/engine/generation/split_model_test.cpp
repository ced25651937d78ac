#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/backend/vulkan/vulkan_backend.h"
#include "engine/base/error.h"
#include "engine/generation/batch_generator.h"
#include "engine/generation/scorer.h"
#include "engine/models/decoder.h"
#include "engine/models/layer_placement.h"
#include "tests/engine/models/random_parameters.h"
#include "tests/engine/models/tiny_families.h"

namespace etna {
namespace {

using nlohmann::json;

constexpr std::int64_t vocab = test::tiny_vocab, layers = 3;
constexpr double close = 3e-4;

/// A family of the table, with changes of its configuration.
struct Kind {
  std::string name, family;
  json changes = json::object();
};

const Kind plain{"llama", "llama"};
const Kind windows{"gemma", "gemma3_text"};  // tied
const Kind wide_heads{"wide_heads", "llama", {{"head_dim", 32}}};
const Kind long_rope{"long_rope",
                     "phi3",
                     {{"sliding_window", nullptr},
                      {"original_max_position_embeddings", 16},
                      {"rope_scaling", {{"type", "longrope"}, {"short_factor", {1.0, 1.5}}, {"long_factor", {4.0, 7.0}}}}}};

const Kind kinds[] = {plain, windows, {"mixture", "qwen3_moe"}, {"gpt_oss", "gpt_oss"}, {"latent", "deepseek_v3"}, {"positions", "gpt2"}};

std::vector<std::int32_t> text(std::size_t length, std::size_t seed = 1) {
  std::vector<std::int32_t> ids;
  for (std::size_t i = 0; i < length; ++i) ids.push_back(static_cast<std::int32_t>((i * 17 + seed * 29 + i * i) % vocab));
  return ids;
}

double difference(std::span<const float> a, std::span<const float> b) {
  double worst = a.size() == b.size() ? 0 : INFINITY;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) worst = std::max(worst, std::fabs(double{a[i]} - b[i]));
  return std::isnan(worst) ? INFINITY : worst;
}

std::int32_t most_likely(std::span<const float> logits) {
  return static_cast<std::int32_t>(std::ranges::max_element(logits) - logits.begin());
}

std::vector<float> append(Runner& runner, std::span<const std::int32_t> ids, std::int64_t row = 0) {
  const auto last = static_cast<std::int64_t>(ids.size()) - 1;
  return runner.append_for_logits(row, ids, std::span(&last, 1));
}

/// The parts of a model, with weights that depend on their names alone.
struct Parts {
  std::vector<std::unique_ptr<Model>> models;
  std::vector<ModelPart> parts;

  Runner runner(RunnerOptions options = {}) const {
    if (options.capacity == RunnerOptions{}.capacity) options.capacity = 64;
    options.prefill_step = std::min<std::int64_t>(options.prefill_step, 64);
    return {parts, vocab, options};
  }
};

class SplitModel : public testing::Test {
protected:
  /// One device for all tests: pipelines are compiled once.
  static void SetUpTestSuite() {
    if (!vulkan::enumerate_devices().empty()) device_ = vulkan::create_backend(0);
    processor_ = cpu::create_backend(2);
  }

  static void TearDownTestSuite() {
    device_.reset();
    processor_.reset();
  }

  void SetUp() override {
    if (!device_) GTEST_SKIP() << "no Vulkan device";
    device_owner_ = device_->allocator()->add_owner("device part");
    processor_owner_ = processor_->allocator()->add_owner("processor part");
  }

  static std::unique_ptr<Model> part(const Kind& kind, const DecoderPart& of) {
    test::RandomParameters parameters({"qkv_proj", "gate_up_proj", "lm_head"});
    return create_decoder(describe_model(test::config_of(kind.family, kind.changes)), parameters, of);
  }

  /// All of the model on the processor.
  Parts whole(const Kind& kind) const {
    Parts result;
    result.models.push_back(part(kind, {.first = 0, .end = layers}));
    result.parts = {{result.models[0].get(), processor_.get(), processor_owner_}};
    return result;
  }

  Parts split(const Kind& kind, std::int64_t on_device) const {
    if (on_device == 0) return whole(kind);
    const PlacedParts placed = placed_parts({layers, on_device});
    Parts result;
    result.models.push_back(part(kind, placed.processor));
    result.models.push_back(part(kind, placed.device));
    result.parts = {{result.models[0].get(), processor_.get(), processor_owner_}, {result.models[1].get(), device_.get(), device_owner_}};
    return result;
  }

  static std::uint64_t live(const Backend& backend, MemoryTag tag) {
    std::uint64_t bytes = 0;
    for (const auto& use : backend.allocator()->report().uses) bytes += use.tag == tag ? use.live_bytes : 0;
    return bytes;
  }

  static inline std::unique_ptr<Backend> device_, processor_;
  OwnerId device_owner_ = 0, processor_owner_ = 0;
};

class SplitFamilies : public SplitModel, public testing::WithParamInterface<Kind> {};

TEST_P(SplitFamilies, every_split_gives_the_logits_of_the_whole_model) {
  const Parts one = whole(GetParam());
  const std::vector<std::int32_t> ids = text(20);
  const std::int64_t positions[] = {0, 7, 18, 19};
  Runner reference = one.runner();
  const std::vector<float> expected = reference.append_for_logits(0, ids, positions);
  for (const std::int64_t on_device : {std::int64_t{0}, std::int64_t{1}, layers - 1, layers}) {
    const Parts parts = split(GetParam(), on_device);
    Runner runner = parts.runner();
    EXPECT_LT(difference(runner.append_for_logits(0, ids, positions), expected), close) << on_device;
  }
}

TEST_P(SplitFamilies, one_token_after_the_other_gives_what_all_at_once_gives) {
  const Parts parts = split(GetParam(), 2);
  const std::vector<std::int32_t> ids = text(20);
  Runner at_once = parts.runner(), stepwise = parts.runner();
  const std::vector<float> expected = append(at_once, ids);
  append(stepwise, std::span(ids).first(9));
  for (std::size_t i = 9; i + 1 < ids.size(); ++i) stepwise.step(std::span(&ids[i], 1));
  EXPECT_LT(difference(expected, stepwise.step(std::span(&ids.back(), 1))), close);
}

TEST_P(SplitFamilies, greedy_text_is_that_of_the_whole_model) {
  const Parts one = whole(GetParam()), parts = split(GetParam(), 1);
  Runner reference = one.runner(), runner = parts.runner();
  std::int32_t id = most_likely(append(reference, text(12)));
  ASSERT_EQ(most_likely(append(runner, text(12))), id);
  const auto stream = runner.stream(id, {}, 0);
  for (int i = 0; i < 30; ++i) {
    id = most_likely(reference.step(std::span(&id, 1)));
    ASSERT_EQ(stream->next(), id) << i;
  }
}

TEST_P(SplitFamilies, rows_of_a_batch_are_single_texts) {
  const Parts parts = split(GetParam(), 1);
  const std::vector<std::int32_t> short_text = text(5, 2), long_text = text(17, 3);
  Runner batch = parts.runner({.batch = 2});
  append(batch, std::span(short_text).first(4), 0);
  append(batch, std::span(long_text).first(16), 1);
  const std::int32_t next[] = {short_text.back(), long_text.back()};
  const std::span<const float> both = batch.step(next);
  Runner one = parts.runner(), two = parts.runner();
  EXPECT_LT(difference(both.first(vocab), append(one, short_text)), close);
  EXPECT_LT(difference(both.last(vocab), append(two, long_text)), close);
}

INSTANTIATE_TEST_SUITE_P(Kinds, SplitFamilies, testing::ValuesIn(kinds), [](const auto& kind) { return kind.param.name; });

TEST_F(SplitModel, text_that_is_taken_back_is_forgotten) {
  const Parts parts = split(plain, 2);
  Runner used = parts.runner(), fresh = parts.runner();
  const std::vector<std::int32_t> ids = text(30);
  append(used, ids);
  EXPECT_EQ(used.truncate(0, 11), 11);
  const std::vector<std::int32_t> other = text(9, 5);
  append(fresh, std::span(ids).first(11));
  EXPECT_LT(difference(append(used, other), append(fresh, other)), close);
  EXPECT_EQ(used.length(0), 20);
}

TEST_F(SplitModel, rings_forget_on_both_sides_alike) {
  const Parts one = whole(windows), parts = split(windows, 1);
  const std::vector<std::int32_t> ids = text(230);
  for (const std::int64_t max_kv_size : {0, 20}) {
    const RunnerOptions options{.capacity = 300, .prefill_step = 64, .max_kv_size = max_kv_size};
    Runner reference = one.runner(options), runner = parts.runner(options);
    EXPECT_LT(difference(append(reference, ids), append(runner, ids)), close);
    EXPECT_EQ(reference.truncate(0, 220), runner.truncate(0, 220));
    EXPECT_LT(difference(append(reference, text(4)), append(runner, text(4))), close);
    EXPECT_EQ(runner.truncate(0, 50), 0);
    Runner fresh = parts.runner(options);
    EXPECT_LT(difference(append(runner, text(8)), append(fresh, text(8))), close);
  }
}

TEST_F(SplitModel, caches_of_both_sides_are_packed_once_they_are_long_enough) {
  const Parts one = whole(wide_heads), parts = split(wide_heads, 2);
  const RunnerOptions options{
      .capacity = 100, .prefill_step = 16, .key_bits = 8, .value_bits = 8, .kv_group_size = 32, .quantized_kv_start = 34};
  Runner reference = one.runner(options), runner = parts.runner(options);
  EXPECT_LT(difference(append(runner, text(30)), append(reference, text(30))), close);
  const std::uint64_t before[] = {live(*processor_, MemoryTag::kv_cache), live(*device_, MemoryTag::kv_cache)};
  std::int32_t id = 3;
  {
    const auto stream = runner.stream(id, {}, 0);
    for (int i = 0; i < 12; ++i) {
      id = most_likely(reference.step(std::span(&id, 1)));
      ASSERT_EQ(stream->next(), id) << i;
    }
  }
  EXPECT_LT(live(*processor_, MemoryTag::kv_cache), before[0]);
  EXPECT_LT(live(*device_, MemoryTag::kv_cache), before[1]);
  EXPECT_LT(difference(append(runner, text(7)), append(reference, text(7))), 0.1);
}

TEST_F(SplitModel, a_stream_draws_as_the_host_does_and_is_taken_back_whole) {
  const Parts parts = split(plain, 1);
  Runner runner = parts.runner(), other = parts.runner();
  SamplingParameters sampling;
  sampling.temperature = 0.8;
  TokenPicker picker(sampling, 42);
  std::vector<std::int32_t> ids = text(9);
  ids.push_back(picker.pick(append(runner, ids), ids));
  append(other, text(9));
  {
    const auto stream = runner.stream(ids.back(), {.temperature = 0.8f}, picker.seed());
    for (int i = 0; i < 20; ++i) {
      const std::int32_t wanted = picker.pick(other.step(std::span(&ids.back(), 1)), ids);
      ASSERT_EQ(stream->next(), wanted) << i;
      ids.push_back(wanted);
    }
  }
  EXPECT_EQ(runner.length(0), 29);
  EXPECT_LT(difference(runner.step(std::span(&ids.back(), 1)), other.step(std::span(&ids.back(), 1))), close);
}

TEST_F(SplitModel, a_stream_ends_where_the_cache_is_full) {
  const Parts parts = split(plain, 2);
  Runner runner = parts.runner({.capacity = 24});
  append(runner, text(20));
  const auto stream = runner.stream(1, {}, 0);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(stream->next().has_value()) << i;
  EXPECT_EQ(stream->next(), std::nullopt);
}

TEST_F(SplitModel, long_ropes_turn_alike_on_both_sides) {
  const Parts one = whole(long_rope), parts = split(long_rope, 1);
  Runner reference = one.runner(), runner = parts.runner();
  ASSERT_TRUE(runner.rotates_by_length());
  EXPECT_LT(difference(append(runner, text(14)), append(reference, text(14))), close);
  EXPECT_EQ(runner.keeps_rows(17), reference.keeps_rows(17));
  EXPECT_FALSE(runner.keeps_rows(17));
  runner.truncate(0, 0);
  reference.truncate(0, 0);
  const std::vector<float> long_text = append(reference, text(25));
  EXPECT_LT(difference(append(runner, text(25)), long_text), close);
  runner.truncate(0, 0);
  EXPECT_GT(difference(append(runner, text(14)), long_text), close);
}

TEST_F(SplitModel, scores_are_those_of_the_whole_model) {
  const Parts one = whole(windows), parts = split(windows, 2);
  const RunnerOptions options{.batch = 2, .capacity = 23, .prefill_step = 9};
  const std::vector<std::int32_t> ids = text(46);
  Scorer reference(one.parts, vocab, options), scorer(parts.parts, vocab, options);
  EXPECT_LT(difference(scorer.score(ids), reference.score(ids)), close);
}

TEST_F(SplitModel, texts_come_and_go_side_by_side) {
  const Parts one = whole(plain), parts = split(plain, 2);
  const auto answers = [](Runner runner) {
    BatchGenerator batch(runner, 2, 8);
    std::map<BatchId, std::vector<std::int32_t>> tokens;
    SamplingParameters greedy;
    greedy.temperature = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      batch.insert({.prompt = text(6 + 5 * i, i), .picker = TokenPicker(greedy), .max_tokens = 6, .end_tokens = {}});
    }
    while (!batch.idle()) {
      for (const BatchToken& token : batch.next()) tokens[token.id].push_back(token.token.value_or(-1));
    }
    return tokens;
  };
  EXPECT_EQ(answers(parts.runner({.batch = 2})), answers(one.runner({.batch = 2})));
}

TEST_F(SplitModel, stops_between_pieces_and_goes_on_afterwards) {
  const Parts parts = split(plain, 1);
  Runner runner = parts.runner({.capacity = 300}), fresh = parts.runner({.capacity = 300});
  std::stop_source stop;
  const Progress progress{[&](std::uint64_t, std::uint64_t) { stop.request_stop(); }, stop.get_token()};
  const std::vector<std::int32_t> ids = text(200);
  EXPECT_THROW(runner.append_for_logits(0, ids, {}, progress), Error);
  EXPECT_EQ(runner.length(0), 64);
  EXPECT_LT(difference(append(runner, std::span(ids).subspan(64)), append(fresh, ids)), close);
}

TEST_F(SplitModel, caches_lie_where_their_layers_lie) {
  const RunnerOptions options{.batch = 2, .capacity = 50, .prefill_step = 50};
  const std::vector<CacheShape> shapes = whole(windows).models[0]->cache_shapes();
  for (const std::int64_t on_device : {std::int64_t{1}, layers - 1, layers}) {
    const Parts parts = split(windows, on_device);
    const auto first = static_cast<std::size_t>(layers - on_device);
    device_->allocator()->clear_cache();
    processor_->allocator()->clear_cache();
    const Runner runner = parts.runner(options);
    EXPECT_EQ(cache_shapes(parts.parts).size(), shapes.size());
    EXPECT_EQ(live(*processor_, MemoryTag::kv_cache), Runner::cache_bytes(std::span(shapes).first(first), options)) << on_device;
    EXPECT_EQ(live(*device_, MemoryTag::kv_cache), Runner::cache_bytes(std::span(shapes).subspan(first), options)) << on_device;
  }
}

TEST_F(SplitModel, profiles_name_the_kernels_of_both_sides) {
  const Parts one = whole(plain), parts = split(plain, 1);
  Runner reference = one.runner(), runner = parts.runner();
  append(runner, text(4));
  std::uint64_t kernels = 0;
  for (const StepTime& time : runner.profile_step()) kernels += static_cast<std::uint64_t>(time.count);
  EXPECT_EQ(kernels, static_cast<std::uint64_t>(runner.dispatches_per_step()));
  EXPECT_GT(runner.dispatches_per_step(), 10);
}

}  // namespace
}  // namespace etna
