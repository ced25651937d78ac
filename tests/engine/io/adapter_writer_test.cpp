#include "engine/io/adapter_writer.h"

#include <gtest/gtest.h>

#include "engine/base/files.h"
#include "engine/base/json.h"
#include "tests/engine/io/adapter_files.h"
#include "tests/engine/io/fails_with.h"

namespace etna {
namespace {

using test::HostTensors;
using test::random_tensor;

const std::string q = "model.layers.1.self_attn.q_proj", v = "model.layers.0.self_attn.v_proj",
                  experts = "model.layers.0.mlp.switch_mlp.up_proj";

/// W' - W of a linear layer, expert by expert.
std::vector<float> change(const AdapterModule& module) {
  const bool stacked = module.of_experts();
  const std::int64_t count = stacked ? module.a.shape[0] : 1, rank = module.rank();
  const std::int64_t in = stacked ? module.a.shape[2] : module.a.shape[0], out = module.b.shape[1];
  std::vector<float> result;
  for (std::int64_t e = 0; e < count; ++e) {
    for (std::int64_t o = 0; o < out; ++o) {
      for (std::int64_t i = 0; i < in; ++i) {
        double sum = 0;
        for (std::int64_t r = 0; r < rank; ++r) {
          const auto a = static_cast<std::size_t>(stacked ? (e * rank + r) * in + i : i * rank + r),
                     b = static_cast<std::size_t>(stacked ? (e * out + o) * rank + r : r * out + o);
          sum += double{module.a.values[a]} * module.b.values[b];
        }
        result.push_back(static_cast<float>(sum * module.scale));
      }
    }
  }
  return result;
}

void expect_same_change(const Adapter& a, const Adapter& b) {
  ASSERT_EQ(a.modules.size(), b.modules.size());
  for (std::size_t i = 0; i < a.modules.size(); ++i) {
    EXPECT_EQ(a.modules[i].path, b.modules[i].path);
    const auto x = change(a.modules[i]), y = change(b.modules[i]);
    ASSERT_EQ(x.size(), y.size());
    for (std::size_t j = 0; j < x.size(); ++j) ASSERT_NEAR(x[j], y[j], 1e-6f) << a.modules[i].path;
    ASSERT_EQ(a.modules[i].magnitude.has_value(), b.modules[i].magnitude.has_value());
    if (a.modules[i].magnitude) {
      EXPECT_EQ(a.modules[i].magnitude->values, b.modules[i].magnitude->values);
    }
  }
}

class AdapterWriterTest : public testing::Test {
protected:
  nlohmann::json config(const char* folder) { return read_json_file(folder_ / folder / "adapter_config.json"); }

  test::TemporaryFolder folder_;
  HostTensors tensors_{
      {q + ".lora_a", random_tensor({8, 4}, 1)},          {q + ".lora_b", random_tensor({4, 6}, 2)},
      {v + ".lora_a", random_tensor({8, 4}, 3)},          {v + ".lora_b", random_tensor({4, 2}, 4)},
      {experts + ".lora_a", random_tensor({3, 4, 8}, 5)}, {experts + ".lora_b", random_tensor({3, 6, 4}, 6)}};
};

TEST_F(AdapterWriterTest, tensors_are_written_as_mlx_does) {
  const std::vector<float> values{1, 2, 3, 4, 5, 6};
  const AdapterTensor tensors[] = {{"b", {2, 3}, values}, {"a", {6}, values}};
  write_mlx_adapter(folder_ / "new/adapter", "{}", tensors);
  const auto file = SafetensorsFile::open(folder_ / "new/adapter/adapters.safetensors");
  ASSERT_EQ(file->tensors().size(), 2u);
  EXPECT_EQ(file->tensors()[0].name, "a") << "sorted";
  EXPECT_TRUE(file->metadata().empty());
  EXPECT_EQ(read_text_file(folder_ / "new/adapter/adapter_config.json"), "{}");
}

TEST_F(AdapterWriterTest, peft_and_back_changes_nothing) {
  const Adapter adapter = Adapter::open(write_mlx_adapter(folder_, tensors_));
  export_peft_adapter(adapter, folder_ / "peft", "org/base");
  EXPECT_EQ(config("peft")["base_model_name_or_path"], "org/base");
  EXPECT_EQ(config("peft")["r"], 4);
  EXPECT_EQ(config("peft")["lora_alpha"], 8.0);
  const auto file = SafetensorsFile::open(folder_ / "peft/adapter_model.safetensors");
  EXPECT_EQ(file->at("base_model.model." + q + ".lora_A.weight").shape, (Shape{4, 8}));
  EXPECT_EQ(file->at("base_model.model.model.layers.0.mlp.experts.2.up_proj.lora_B.weight").shape, (Shape{6, 4}))
      << "experts are modules of their own";
  EXPECT_EQ(file->metadata().at("format"), "pt");
  const Adapter peft = Adapter::open(folder_ / "peft");
  expect_same_change(adapter, peft);
  export_mlx_adapter(peft, folder_ / "mlx");
  expect_same_change(adapter, Adapter::open(folder_ / "mlx"));
  EXPECT_EQ(config("mlx")["num_layers"], -1);
  EXPECT_EQ(config("mlx")["lora_parameters"]["keys"],
            (std::vector<std::string>{"mlp.switch_mlp.up_proj", "self_attn.q_proj", "self_attn.v_proj"}));
}

TEST_F(AdapterWriterTest, lengths_of_rows_go_with_it) {
  const HostTensors tensors{{q + ".lora_a", random_tensor({8, 4}, 1)},
                            {q + ".lora_b", random_tensor({4, 6}, 2)},
                            {q + ".m", random_tensor({6}, 3)}};
  const Adapter adapter = Adapter::open(write_mlx_adapter(folder_, tensors, test::mlx_config("dora")));
  export_peft_adapter(adapter, folder_ / "peft", "");
  EXPECT_EQ(config("peft")["use_dora"], true);
  EXPECT_EQ(config("peft")["base_model_name_or_path"], "some/model");
  const Adapter peft = Adapter::open(folder_ / "peft");
  EXPECT_EQ(peft.kind, AdapterKind::dora);
  expect_same_change(adapter, peft);
  export_mlx_adapter(peft, folder_ / "mlx");
  expect_same_change(adapter, Adapter::open(folder_ / "mlx"));
}

TEST_F(AdapterWriterTest, mlx_knows_one_rank_and_scale_so_others_are_taken_up_by_the_matrices) {
  const std::string prefix = "base_model.model.";
  nlohmann::json peft = test::peft_config(4, 8);
  peft["rank_pattern"] = {{"v_proj", 2}};
  peft["alpha_pattern"] = {{"v_proj", 12}};
  const Adapter adapter = Adapter::open(write_peft_adapter(folder_,
                                                           {{prefix + q + ".lora_A.weight", random_tensor({4, 8}, 1)},
                                                            {prefix + q + ".lora_B.weight", random_tensor({6, 4}, 2)},
                                                            {prefix + v + ".lora_A.weight", random_tensor({2, 8}, 3)},
                                                            {prefix + v + ".lora_B.weight", random_tensor({2, 2}, 4)}},
                                                           peft));
  export_mlx_adapter(adapter, folder_ / "mlx");
  expect_same_change(adapter, Adapter::open(folder_ / "mlx"));
  export_peft_adapter(adapter, folder_ / "peft", "");
  expect_same_change(adapter, Adapter::open(folder_ / "peft"));
}

TEST_F(AdapterWriterTest, experts_without_a_change_get_zeros_and_unlike_ones_are_refused) {
  const std::string first = "base_model.model.model.layers.0.block_sparse_moe.experts.1.w2";
  HostTensors tensors{{first + ".lora_A.weight", random_tensor({4, 8}, 1)},
                      {first + ".lora_B.weight", random_tensor({6, 4}, 2)}};
  const Adapter adapter = Adapter::open(write_peft_adapter(folder_, tensors));
  ASSERT_EQ(adapter.modules.size(), 1u);
  EXPECT_EQ(adapter.modules[0].path, "model.layers.0.block_sparse_moe.switch_mlp.down_proj");
  EXPECT_EQ(adapter.modules[0].a.shape, (Shape{2, 4, 8}));
  EXPECT_EQ(adapter.modules[0].a.values[0], 0);
  const std::string second = "base_model.model.model.layers.0.block_sparse_moe.experts.0.w2";
  tensors[second + ".lora_A.weight"] = random_tensor({4, 5}, 1);
  tensors[second + ".lora_B.weight"] = random_tensor({6, 4}, 2);
  test::expect_failure([&] { Adapter::open(write_peft_adapter(folder_, tensors)); }, Errc::corrupt,
                       {"experts", "another shape"});
}

TEST_F(AdapterWriterTest, whole_weights_have_no_form_in_peft) {
  const nlohmann::json full{{"fine_tune_type", "full"}, {"lora_parameters", nullptr}};
  const Adapter adapter =
      Adapter::open(write_mlx_adapter(folder_, {{"model.norm.weight", random_tensor({8}, 1)}}, full));
  test::expect_failure([&] { export_peft_adapter(adapter, folder_ / "peft", ""); }, Errc::unsupported,
                       {"whole weights"});
  EXPECT_FALSE(std::filesystem::exists(folder_ / "peft"));
}

}  // namespace
}  // namespace etna
