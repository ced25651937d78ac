#include "engine/io/adapter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/engine/io/adapter_files.h"
#include "tests/engine/io/fails_with.h"

namespace etna {
namespace {

using test::expect_failure;
using test::HostTensors;
using test::mlx_config;
using test::peft_config;
using test::random_tensor;

const std::string module = "model.layers.1.self_attn.q_proj";

class AdapterTest : public testing::Test {
protected:
  HostTensors tensors_{{module + ".lora_a", random_tensor({8, 4}, 1)}, {module + ".lora_b", random_tensor({4, 6}, 2)}};
  test::TemporaryFolder folder_;
};

TEST_F(AdapterTest, a_folder_of_mlx_is_read) {
  const Adapter adapter = Adapter::open(write_mlx_adapter(folder_, tensors_));
  EXPECT_EQ(adapter.kind, AdapterKind::lora);
  EXPECT_EQ(adapter.base_model, "some/model");
  ASSERT_EQ(adapter.modules.size(), 1u);
  const AdapterModule* found = adapter.find(module);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->rank(), 4);
  EXPECT_EQ(found->scale, 2);
  EXPECT_EQ(found->a.values, tensors_.at(module + ".lora_a").values);
  EXPECT_EQ(found->b.values, tensors_.at(module + ".lora_b").values);
  EXPECT_EQ(adapter.bytes(), 4u * (8 * 4 + 4 * 6));
  EXPECT_FALSE(adapter.find("model.layers.0.self_attn.q_proj"));
  EXPECT_TRUE(is_adapter_folder(folder_ / "adapter"));
  EXPECT_FALSE(is_adapter_folder(folder_.path()));
}

TEST_F(AdapterTest, lengths_of_rows_make_it_dora) {
  tensors_[module + ".m"] = random_tensor({6}, 3);
  const Adapter adapter = Adapter::open(write_mlx_adapter(folder_, tensors_, mlx_config("dora")));
  EXPECT_EQ(adapter.kind, AdapterKind::dora);
  ASSERT_TRUE(adapter.modules[0].magnitude);
  EXPECT_EQ(adapter.modules[0].magnitude->shape, Shape{6});
}

TEST_F(AdapterTest, peft_keeps_its_matrices_the_other_way_round_and_scales_by_alpha) {
  const std::string prefix = "base_model.model." + module;
  const HostTensor a = random_tensor({4, 8}, 1), b = random_tensor({6, 4}, 2);
  const Adapter adapter = Adapter::open(write_peft_adapter(folder_, {{prefix + ".lora_A.weight", a}, {prefix + ".lora_B.weight", b}}, peft_config(4, 10)));
  ASSERT_EQ(adapter.modules.size(), 1u);
  const AdapterModule& found = adapter.modules[0];
  EXPECT_EQ(found.path, module);
  EXPECT_EQ(found.a.shape, (Shape{8, 4}));
  EXPECT_EQ(found.b.shape, (Shape{4, 6}));
  EXPECT_EQ(found.a.values[1], a.values[8]);
  EXPECT_FLOAT_EQ(found.scale, 2.5f);
}

TEST_F(AdapterTest, patterns_of_peft_give_modules_a_rank_and_alpha_of_their_own) {
  const std::string q = "base_model.model.model.layers.0.self_attn.q_proj", v = "base_model.model.model.layers.0.self_attn.v_proj";
  nlohmann::json config = peft_config(4, 8);
  config["rank_pattern"] = {{"self_attn.v_proj", 2}};
  config["alpha_pattern"] = {{"model.layers.0.self_attn.v_proj", 16}};
  config["use_rslora"] = true;
  const Adapter adapter = Adapter::open(write_peft_adapter(folder_,
                                                           {{q + ".lora_A.weight", random_tensor({4, 8}, 1)},
                                                            {q + ".lora_B.weight", random_tensor({6, 4}, 2)},
                                                            {v + ".lora_A.weight", random_tensor({2, 8}, 3)},
                                                            {v + ".lora_B.weight", random_tensor({6, 2}, 4)}},
                                                           config));
  EXPECT_FLOAT_EQ(adapter.find("model.layers.0.self_attn.q_proj")->scale, 4);
  EXPECT_FLOAT_EQ(adapter.find("model.layers.0.self_attn.v_proj")->scale, 16 / std::sqrt(2.0f));
}

TEST_F(AdapterTest, whole_weights_stand_in_the_place_of_the_models) {
  const Adapter adapter = Adapter::open(write_mlx_adapter(folder_, {{"model.norm.weight", random_tensor({8}, 1)}}, {{"fine_tune_type", "full"}, {"lora_parameters", nullptr}}));
  EXPECT_EQ(adapter.kind, AdapterKind::full);
  ASSERT_EQ(adapter.replaced.size(), 1u);
  EXPECT_EQ(adapter.replaced[0].name, "model.norm.weight");

  const test::TemporaryFolder other;
  const Adapter saved = Adapter::open(write_peft_adapter(other, {{"base_model.model.lm_head.weight", random_tensor({8, 4}, 1)}}));
  ASSERT_EQ(saved.replaced.size(), 1u) << "PEFT's modules_to_save";
  EXPECT_EQ(saved.replaced[0].name, "lm_head.weight");
}

TEST_F(AdapterTest, what_is_wrong_is_said_with_file_and_name) {
  const auto mlx = [&](const HostTensors& tensors, const nlohmann::json& config) { return [&, this] { Adapter::open(write_mlx_adapter(folder_, tensors, config)); }; };
  expect_failure([&] { Adapter::open(folder_ / "nowhere"); }, Errc::not_found, {"adapter_config.json"});
  folder_.write("empty/adapter_config.json", "{}");
  expect_failure([&] { Adapter::open(folder_ / "empty"); }, Errc::not_found, {"adapters.safetensors"});
  expect_failure(mlx(tensors_, {{"fine_tune_type", "ia3"}, {"lora_parameters", {{"rank", 4}}}}), Errc::unsupported, {"fine_tune_type", "ia3"});
  expect_failure(mlx(tensors_, {{"fine_tune_type", "lora"}}), Errc::corrupt, {"lora_parameters"});
  expect_failure(mlx(tensors_, mlx_config("lora", 8)), Errc::corrupt, {"lora_parameters.rank is 8", "rank 4", "q_proj"});
  expect_failure(mlx(tensors_, mlx_config("dora")), Errc::corrupt, {"no magnitude m", "q_proj"});
  expect_failure(mlx({}, mlx_config()), Errc::corrupt, {"empty"});

  HostTensors other = tensors_;
  other[module + ".lora_c"] = random_tensor({1}, 1);
  other["x"] = random_tensor({1}, 1);
  expect_failure(mlx(other, mlx_config()), Errc::corrupt, {"lora_c", "\"x\""});
  other = tensors_;
  other.erase(module + ".lora_b");
  expect_failure(mlx(other, mlx_config()), Errc::corrupt, {"only one", "q_proj"});
  other = tensors_;
  other[module + ".lora_b"] = random_tensor({5, 6}, 1);
  expect_failure(mlx(other, mlx_config()), Errc::corrupt, {"no common rank", "q_proj"});
  other = tensors_;
  other[module + ".lora_a"].values[3] = std::numeric_limits<float>::quiet_NaN();
  expect_failure(mlx(other, mlx_config()), Errc::corrupt, {"NaN at element 3", "lora_a"});
}

TEST(PeftAdapter, options_that_change_the_result_are_refused) {
  const test::TemporaryFolder folder;
  const HostTensors tensors{{"base_model.model.m.lora_A.weight", random_tensor({4, 8}, 1)}, {"base_model.model.m.lora_B.weight", random_tensor({6, 4}, 2)}};
  const auto with = [&](const char* key, const nlohmann::json& value) {
    nlohmann::json config = peft_config();
    config[key] = value;
    return [&folder, tensors, config] { Adapter::open(write_peft_adapter(folder, tensors, config)); };
  };
  expect_failure(with("peft_type", "IA3"), Errc::unsupported, {"peft_type", "IA3"});
  expect_failure(with("use_qalora", true), Errc::unsupported, {"use_qalora"});
  expect_failure(with("layer_replication", {{0, 1}}), Errc::unsupported, {"layer_replication"});
  expect_failure(with("rank_pattern", {{"^m$", 2}}), Errc::unsupported, {"rank_pattern"});
  expect_failure(with("r", 0), Errc::corrupt, {"r is 0"});
  expect_failure([&] { Adapter::open(write_peft_adapter(folder, {{"m.lora_A.weight", random_tensor({4, 8}, 1)}})); }, Errc::corrupt, {"base_model.model."});
}

}  // namespace
}  // namespace etna
