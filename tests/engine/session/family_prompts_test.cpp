#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/models/decoder.h"
#include "engine/models/layer_placement.h"
#include "engine/session/cache_exchange.h"
#include "engine/session/model_fingerprint.h"
#include "engine/session/prompt_store.h"
#include "tests/engine/io/temporary_folder.h"
#include "tests/engine/models/random_parameters.h"
#include "tests/engine/models/tiny_families.h"
#include "tests/support/tiny_llama.h"

namespace etna {
namespace {

using nlohmann::json;

constexpr std::int64_t layers = 3;

struct Family {
  std::string name, family;
  json changes = json::object();
};

const Family families[] = {
    {"llama", "llama"},
    {"windows", "gemma3_text"},
    {"mixture", "qwen3_moe"},
    {"sinks", "gpt_oss"},
    {"latent", "deepseek_v3"},
    {"positions", "gpt2"},
    {"long_rope", "phi3", {{"sliding_window", nullptr}, {"original_max_position_embeddings", 16}, {"rope_scaling", {{"type", "longrope"}, {"short_factor", {1.0, 1.5}}, {"long_factor", {4.0, 7.0}}}}}},
};

std::vector<std::int32_t> text(std::size_t length) {
  std::vector<std::int32_t> ids;
  for (std::size_t i = 0; i < length; ++i) ids.push_back(static_cast<std::int32_t>((i * 17 + 29 + i * i) % test::tiny_vocab));
  return ids;
}

std::vector<float> append(Runner& runner, std::span<const std::int32_t> ids) {
  const auto last = static_cast<std::int64_t>(ids.size()) - 1;
  return runner.append_for_logits(0, ids, std::span(&last, 1));
}

/// A family's model in one place, or with its first layers in another.
class FamilyPrompts : public testing::TestWithParam<Family> {
protected:
  std::unique_ptr<Runner> runner(bool split) {
    const PlacedParts placed = placed_parts({layers, 2});
    std::vector<ModelPart> parts;
    if (split) parts.push_back({model(placed.processor), beside_.get(), 0});
    parts.push_back({model(split ? placed.device : DecoderPart{.first = 0, .end = layers}), backend_.get(), 0});
    return std::make_unique<Runner>(parts, test::tiny_vocab, RunnerOptions{.capacity = 256, .prefill_step = 32});
  }

  const Model* model(const DecoderPart& part) {
    test::RandomParameters parameters({"qkv_proj", "gate_up_proj", "lm_head"});
    models_.push_back(create_decoder(describe_model(test::config_of(GetParam().family, GetParam().changes)), parameters, part));
    return models_.back().get();
  }

  std::unique_ptr<Backend> backend_ = cpu::create_backend(2), beside_ = cpu::create_backend(1);
  std::vector<std::unique_ptr<Model>> models_;
};

TEST_P(FamilyPrompts, a_kept_prefix_and_a_file_give_the_logits_of_the_whole_text_also_in_two_places) {
  const std::vector<std::int32_t> ids = text(60);
  const auto prefix = std::span(ids).first(48), rest = std::span(ids).subspan(48);
  const test::TemporaryFolder folder;
  for (const bool split : {false, true}) {
    PromptStore store({.allocator = [&] { return backend_->allocator(); }});
    const auto first = runner(split), from_memory = runner(split), from_file = runner(split);
    append(*first, prefix);
    store.keep({"tiny", "weights", *first}, prefix, PromptCaching::keep);
    write_context(*first, folder / "file.safetensors", {});
    EXPECT_EQ(store.restore({"tiny", "weights", *from_memory}, ids, 0).length, 48);
    read_context(*from_file, PromptCacheFile::open(folder / "file.safetensors"), 60);
    const std::vector<float> wanted = append(*first, rest);
    EXPECT_EQ(append(*from_memory, rest), wanted);
    EXPECT_EQ(append(*from_file, rest), wanted);
    // What was kept in one place serves the model in two.
    const auto elsewhere = runner(!split);
    EXPECT_EQ(store.restore({"tiny", "weights", *elsewhere}, ids, 0).length, 48);
    const std::vector<float> there = append(*elsewhere, rest);
    for (std::size_t i = 0; i < wanted.size(); ++i) ASSERT_NEAR(there[i], wanted[i], 3e-4);
  }
}

INSTANTIATE_TEST_SUITE_P(All, FamilyPrompts, testing::ValuesIn(families), [](const auto& family) { return family.param.name; });

TEST(LongRopePrompts, rows_that_rotate_by_other_factors_are_kept_apart) {
  const Family& family = families[6];
  const auto backend = cpu::create_backend(1);
  test::RandomParameters parameters({"qkv_proj", "gate_up_proj", "lm_head"});
  const auto model = create_decoder(describe_model(test::config_of(family.family, family.changes)), parameters, DecoderPart{.first = 0, .end = layers});
  const auto make = [&] { return std::make_unique<Runner>(*model, *backend, 0, test::tiny_vocab, RunnerOptions{.capacity = 256}); };
  PromptStore store({.allocator = [&] { return backend->allocator(); }});
  const std::vector<std::int32_t> ids = text(40);
  const auto first = make(), longer = make(), shorter = make();
  append(*first, std::span(ids).first(14));  // shorter than what the model was first trained for
  store.keep({"tiny", "weights", *first}, std::span(ids).first(14), PromptCaching::keep);
  EXPECT_EQ(store.restore({"tiny", "weights", *longer}, ids, 0).length, 0) << "a long text rotates by long factors";
  append(*longer, ids);
  store.keep({"tiny", "weights", *longer}, ids, PromptCaching::keep);
  EXPECT_EQ(store.restore({"tiny", "weights", *make()}, ids, 0).length, 39);
}

TEST(ModelFingerprint, tells_weights_and_adapters_apart_wherever_they_lie) {
  const test::TinyLlama one, same, other{false};
  const std::string plain = model_fingerprint(one.config(), one);
  EXPECT_EQ(model_fingerprint(same.config(), same), plain);
  EXPECT_NE(model_fingerprint(other.config(), other), plain);
  Adapter adapter;
  adapter.folder = "here";
  adapter.modules = {{"layer", {{2, 1}, {1, 2}}, {{1, 2}, {3, 4}}, 2, {}}};
  const auto of = [&](const Adapter& changed) { return model_fingerprint(one.config(), one, &changed); };
  const std::string adapted = of(adapter);
  EXPECT_NE(adapted, plain);
  Adapter changed = adapter;
  changed.folder = "there";
  EXPECT_EQ(of(changed), adapted);
  changed.modules[0].scale = 3;
  EXPECT_NE(of(changed), adapted);
  changed = adapter;
  changed.modules[0].b.values[1] = 5;
  EXPECT_NE(of(changed), adapted);
}

}  // namespace
}  // namespace etna
