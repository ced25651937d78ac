// A model with an adapter merged into its files answers as the model with the adapter beside it.
#include "engine/io/fuse.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/base/json.h"
#include "engine/devices.h"
#include "engine/io/adapter.h"
#include "engine/session/model_host.h"
#include "tests/engine/io/adapter_files.h"
#include "tests/engine/io/fails_with.h"
#include "tests/engine/io/tiny_model.h"

namespace etna {
namespace {

using test::HostTensors;
using test::random_tensor;

const std::vector<std::int32_t> prompt{1, 17, 5, 90, 33, 8, 61};
const std::string q = "model.layers.0.self_attn.q_proj", down = "model.layers.1.mlp.down_proj", head = "lm_head";

class FuseTest : public testing::Test {
protected:
  FuseTest() { test::write_tiny_model(folder_ / "model"); }

  /// Changes of a linear layer, of the output layer, and with rows of other lengths where that is wanted.
  std::filesystem::path adapter(bool dora = false) {
    HostTensors tensors{{q + ".lora_a", random_tensor({64, 4}, 1)},     {q + ".lora_b", random_tensor({4, 64}, 2)},
                        {down + ".lora_a", random_tensor({128, 4}, 3)}, {down + ".lora_b", random_tensor({4, 64}, 4)},
                        {head + ".lora_a", random_tensor({64, 4}, 5)},  {head + ".lora_b", random_tensor({4, 96}, 6)}};
    if (dora) {
      for (const auto& [path, rows] : {std::pair(q, 64), std::pair(down, 64), std::pair(head, 96)}) {
        HostTensor& m = tensors[path + ".m"] = random_tensor({rows}, 7);
        for (float& length : m.values) length = 1 + std::fabs(length);
      }
    }
    return write_mlx_adapter(folder_, tensors, test::mlx_config(dora ? "dora" : "lora"));
  }

  std::filesystem::path table_adapter() {
    return write_mlx_adapter(folder_, {{"model.embed_tokens.lora_a", random_tensor({96, 4}, 1)},
                                       {"model.embed_tokens.lora_b", random_tensor({4, 64}, 2)}});
  }

  std::vector<float> logits(const std::filesystem::path& model, const std::filesystem::path& adapter = {}) {
    ModelHostOptions options{.activations = "f32"};
    options.adapter = adapter.string();
    const auto host = ModelHost::load(model, backend_, options, {});
    const std::int64_t last = static_cast<std::int64_t>(prompt.size()) - 1;
    return host->logits(prompt, std::span(&last, 1)).front();
  }

  static double distance(const std::vector<float>& a, const std::vector<float>& b) {
    double most = 0;
    for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::fabs(double{a[i]} - b[i]));
    return most;
  }

  /// Fuses into folder "name" and returns how far the logits are from those of model and adapter.
  double fused(FuseRequest request, const char* name) {
    request.destination = folder_ / name;
    fuse(request);
    return distance(logits(request.destination), logits(request.model, request.adapter));
  }

  void quantize_model(const char* mode) {
    convert({.source = folder_ / "model",
             .destination = folder_ / "packed",
             .quantization = QuantizationConfig::of_mode(mode)});
  }

  test::TemporaryFolder folder_;
  std::shared_ptr<Backend> backend_ = open_device("cpu");
};

// Weights are bfloat16: merged ones are rounded to 8 bits of fraction.
constexpr double bfloat16_tolerance = 0.05;

TEST_F(FuseTest, low_rank_becomes_part_of_the_weights) {
  EXPECT_LT(fused({.model = folder_ / "model", .adapter = adapter()}, "fused"), bfloat16_tolerance);
  EXPECT_GT(distance(logits(folder_ / "fused"), logits(folder_ / "model")), 4 * bfloat16_tolerance)
      << "the adapter changes something";
  const auto file = SafetensorsFile::open(folder_ / "fused/model.safetensors");
  EXPECT_EQ(file->at(q + ".weight").dtype, DType::bfloat16);
  EXPECT_EQ(file->tensors().size(), SafetensorsFile::open(folder_ / "model/model.safetensors")->tensors().size());
}

TEST_F(FuseTest, rows_get_their_lengths) {
  EXPECT_LT(fused({.model = folder_ / "model", .adapter = adapter(true)}, "fused"), bfloat16_tolerance);
}

TEST_F(FuseTest, a_table_of_tokens_is_changed_row_by_row) {
  EXPECT_LT(fused({.model = folder_ / "model", .adapter = table_adapter()}, "fused"), bfloat16_tolerance);
}

TEST_F(FuseTest, adapters_of_peft_are_merged_too) {
  const std::string prefix = "base_model.model." + q;
  const auto adapter = write_peft_adapter(folder_, {{prefix + ".lora_A.weight", random_tensor({4, 64}, 1)},
                                                    {prefix + ".lora_B.weight", random_tensor({64, 4}, 2)}});
  EXPECT_LT(fused({.model = folder_ / "model", .adapter = adapter}, "fused"), bfloat16_tolerance);
}

TEST_F(FuseTest, packed_weights_are_packed_again_as_they_were) {
  quantize_model("affine");
  const double error = fused({.model = folder_ / "packed", .adapter = adapter()}, "fused");
  EXPECT_LT(error, 1.5) << "4 bits, packed twice";
  EXPECT_EQ(read_json_file(folder_ / "fused/config.json")["quantization"]["bits"], 4);
  const auto file = SafetensorsFile::open(folder_ / "fused/model.safetensors");
  EXPECT_EQ(file->at(q + ".weight").dtype, DType::uint32);
  EXPECT_EQ(file->at(q + ".scales").shape, (Shape{64, 1}));
  // What the adapter leaves alone is left alone.
  const std::string other = "model.layers.1.self_attn.q_proj.weight";
  const auto base = SafetensorsFile::open(folder_ / "packed/model.safetensors");
  EXPECT_TRUE(std::ranges::equal(file->at(other).bytes, base->at(other).bytes));
}

TEST_F(FuseTest, packed_weights_become_plain_where_that_is_wanted) {
  quantize_model("affine");
  EXPECT_LT(fused({.model = folder_ / "packed", .adapter = adapter(), .dequantize = true}, "fused"),
            bfloat16_tolerance);
  EXPECT_FALSE(read_json_file(folder_ / "fused/config.json").contains("quantization"));
  EXPECT_FALSE(SafetensorsFile::open(folder_ / "fused/model.safetensors")->find(q + ".scales"));
}

TEST_F(FuseTest, the_result_may_be_packed_otherwise) {
  quantize_model("affine");
  FuseRequest request{.model = folder_ / "packed", .adapter = adapter()};
  request.quantization = QuantizationConfig{"affine", 8, 64};
  EXPECT_LT(fused(request, "fused"), 0.3);
  EXPECT_EQ(read_json_file(folder_ / "fused/config.json")["quantization"]["bits"], 8);
  request = {.model = folder_ / "model", .adapter = adapter()};
  request.quantization = QuantizationConfig{"affine", 8, 64};
  EXPECT_LT(fused(request, "packed_anew"), 0.3);
}

TEST_F(FuseTest, whole_weights_take_the_place_of_the_models) {
  const nlohmann::json full{{"fine_tune_type", "full"}, {"lora_parameters", nullptr}};
  const auto adapter = write_mlx_adapter(folder_, {{q + ".weight", random_tensor({64, 64}, 5, 0.3f)}}, full);
  EXPECT_LT(fused({.model = folder_ / "model", .adapter = adapter}, "fused"), bfloat16_tolerance);
  EXPECT_EQ(SafetensorsFile::open(folder_ / "fused/model.safetensors")->at(q + ".weight").dtype, DType::bfloat16);
}

TEST_F(FuseTest, nothing_is_overwritten_and_nothing_half_remains) {
  FuseRequest request{.model = folder_ / "model", .adapter = adapter(), .destination = folder_ / "model"};
  test::expect_failure([&] { fuse(request); }, Errc::invalid_argument, {"exists already"});
  const HostTensors other{{"model.layers.9.mlp.up_proj.lora_a", random_tensor({64, 4}, 1)},
                          {"model.layers.9.mlp.up_proj.lora_b", random_tensor({4, 128}, 2)}};
  request = {
      .model = folder_ / "model", .adapter = write_mlx_adapter(folder_, other), .destination = folder_ / "fused"};
  test::expect_failure([&] { fuse(request); }, Errc::corrupt, {"layers.9", "made for another model"});
  const HostTensors shape{{q + ".lora_a", random_tensor({32, 4}, 1)}, {q + ".lora_b", random_tensor({4, 64}, 2)}};
  request.adapter = write_mlx_adapter(folder_, shape);
  test::expect_failure([&] { fuse(request); }, Errc::corrupt, {"q_proj", "(32, 4)", "made for another model"});
  std::stop_source stop;
  stop.request_stop();
  request.adapter = adapter();
  test::expect_failure([&] { fuse(request, {.report = {}, .stop = stop.get_token()}); }, Errc::cancelled, {});
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
    EXPECT_FALSE(entry.path().filename().string().starts_with("fused")) << entry.path();
}

}  // namespace
}  // namespace etna
