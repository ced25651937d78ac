#include "engine/models/layer_placement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "tests/engine/models/memory_source.h"
#include "tests/engine/models/tiny_families.h"

namespace etna {
namespace {

using testing::ElementsAre;

/// Three layers of 100 bytes, a table of 610 with 61 rows, an output layer of 900 and a norm of 10.
std::vector<TensorSize> sizes(const std::string& root = "model.") {
  std::vector<TensorSize> result{{root + "embed_tokens.weight", 610}, {root + "norm.weight", 10}};
  for (const std::string layer : {"0.", "1.", "2."}) {
    result.push_back({root + "layers." + layer + "self_attn.q_proj.weight", 60});
    result.push_back({root + "layers." + layer + "mlp.experts.7.down_proj.weight", 30});
    result.push_back({root + "layers." + layer + "input_layernorm.weight", 10});
  }
  return result;
}

std::vector<TensorSize> with_head(std::vector<TensorSize> tensors, const std::string& root = {}) {
  tensors.push_back({root + "lm_head.weight", 800});
  tensors.push_back({root + "lm_head.scales", 100});
  return tensors;
}

DecoderSettings settings_of(const std::string& family) { return describe_model(test::config_of(family)); }

TEST(ModelBytes, every_tensor_is_counted_where_it_belongs) {
  const ModelBytes model = measure_model(settings_of("llama"), with_head(sizes()));
  EXPECT_EQ(model.table.stored, 610u);
  EXPECT_EQ(model.table.read, 10u);
  EXPECT_EQ(model.head.stored, 910u);
  EXPECT_EQ(model.head.read, 910u);
  EXPECT_EQ(model.tied, 0u);
  ASSERT_EQ(model.layers.size(), 3u);
  for (const PartBytes& layer : model.layers) EXPECT_EQ(layer.stored, 100u);
  EXPECT_EQ(model.unused, 0u);
  EXPECT_EQ(model.stored(), 610u + 910u + 300u);
}

TEST(ModelBytes, a_tied_table_is_read_as_output_layer_and_stored_once) {
  const ModelBytes model = measure_model(settings_of("llama"), sizes());
  EXPECT_EQ(model.tied, 610u);
  EXPECT_EQ(model.head.stored, 620u);
  EXPECT_EQ(model.head.read, 620u);
  EXPECT_EQ(model.stored(), 610u + 10u + 300u);
}

TEST(ModelBytes, a_token_reads_the_experts_that_it_chooses) {
  const ModelBytes model = measure_model(settings_of("qwen3_moe"), with_head(sizes()));  // 2 of 6
  EXPECT_EQ(model.layers[1].stored, 100u);
  EXPECT_EQ(model.layers[1].read, 80u);
}

TEST(ModelBytes, models_that_also_see_are_measured_without_their_eyes) {
  std::vector<TensorSize> tensors = with_head(sizes("language_model.model."), "language_model.");
  tensors.push_back({"vision_tower.layers.0.self_attn.q_proj.weight", 5000});
  tensors.push_back({"language_model.model.layers.3.eh_proj.weight", 400});  // guesses ahead, behind the last layer
  const ModelBytes model = measure_model(settings_of("mistral3"), tensors);
  EXPECT_EQ(model.unused, 5400u);
  EXPECT_EQ(model.stored(), 610u + 910u + 300u);
}

TEST(ModelBytes, other_names_of_layers_and_positions_are_found) {
  const std::vector<TensorSize> tensors{{"wte.weight", 610}, {"wpe.weight", 1280}, {"ln_f.weight", 10}, {"ln_f.bias", 10}, {"h.2.attn.c_attn.weight", 70}, {"h.10.attn.c_attn.weight", 3}};
  DecoderSettings settings = settings_of("gpt2");
  const ModelBytes model = measure_model(settings, tensors);
  EXPECT_EQ(model.table.stored, 610u + 1280u);
  EXPECT_EQ(model.table.read, 20u);
  EXPECT_EQ(model.head.stored, 630u);
  EXPECT_EQ(model.layers.at(2).stored, 70u);
  EXPECT_EQ(model.unused, 3u);
}

TEST(ModelBytes, parts_load_what_is_counted_for_them) {
  test::MemorySource source;
  const std::vector<std::byte> bytes(16);
  for (const TensorSize& tensor : with_head(sizes())) source.add(tensor.name, "F32", DType::float32, {4}, bytes);
  const PlacedParts parts = placed_parts({3, 1});
  const auto names = [&](const DecoderPart& part) {
    std::vector<std::string> result;
    for (const StoredTensor* tensor : tensors_of(settings_of("llama"), source, part)) result.push_back(tensor->name);
    return result;
  };
  EXPECT_THAT(names(parts.device), ElementsAre("lm_head.scales", "lm_head.weight", "model.layers.2.input_layernorm.weight",
                                               "model.layers.2.mlp.experts.7.down_proj.weight",
                                               "model.layers.2.self_attn.q_proj.weight", "model.norm.weight"));
  EXPECT_EQ(names(parts.processor).size() + names(parts.device).size(), source.names().size());
}

TEST(LayerPlacement, bytes_are_shared_out_as_layers_are) {
  const ModelBytes model = measure_model(settings_of("llama"), with_head(sizes()));
  const std::uint64_t cache[] = {1, 2, 4};
  const PlacedBytes two = placed_bytes(model, {3, 2}, cache);
  EXPECT_EQ(two.device.stored, 910u + 200u + 6u);
  EXPECT_EQ(two.processor.stored, 610u + 100u + 1u);
  EXPECT_EQ(two.processor.read, 10u + 100u + 1u);
  EXPECT_EQ(placed_bytes(model, {3, 3}).processor.stored, 610u);
  EXPECT_EQ(placed_bytes(model, {3, 0}, cache).device.stored, 0u);
  EXPECT_EQ(placed_bytes(model, {3, 0}, cache).processor.stored, model.stored() + 7);
}

TEST(LayerPlacement, what_the_model_has_not_cannot_be_placed) {
  EXPECT_THROW(check_placement({3, 4}), Error);
  EXPECT_THROW(check_placement({3, -1}), Error);
  EXPECT_NO_THROW(check_placement({3, 3}));
}

TEST(LayerPlacement, fewer_layers_on_the_device_make_a_token_slower) {
  // 32 layers of 200 MB, an output layer of 500 MB: 6.9 GB at 1 TB/s and at 50 GB/s.
  ModelBytes model;
  model.table = {500'000'000, 4'000};
  model.head = {500'000'000, 500'000'000};
  model.layers.assign(32, {200'000'000, 200'000'000});
  const ReadSpeeds speeds{.device = 1e12, .processor = 50e9};
  double before = 1;
  for (std::int64_t on_device = 32; on_device >= 0; --on_device) {
    const double slowdown = expected_slowdown(model, {32, on_device}, speeds);
    EXPECT_GT(slowdown, before) << on_device;
    before = slowdown;
  }
  EXPECT_NEAR(expected_slowdown(model, {32, 32}, speeds), 1.01, 0.01);
  EXPECT_NEAR(expected_slowdown(model, {32, 16}, speeds), (3.7e-3 + 64e-3) / 6.9e-3, 0.05);
  EXPECT_NEAR(before, 20, 0.1);  // the processor alone
}

TEST(LayerPlacement, long_contexts_are_read_where_their_layers_lie) {
  ModelBytes model;
  model.layers.assign(2, {1'000'000'000, 1'000'000'000});
  const ReadSpeeds speeds{.device = 1e12, .processor = 100e9};
  const std::uint64_t cache[] = {1'000'000'000, 0};
  EXPECT_NEAR(expected_slowdown(model, {2, 1}, speeds, cache), (1e-3 + 20e-3) / 3e-3, 0.1);
}

}  // namespace
}  // namespace etna
