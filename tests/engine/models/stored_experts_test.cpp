#include "engine/models/stored_experts.h"

#include "tests/engine/models/memory_source.h"

namespace etna::test {
namespace {

constexpr std::int64_t count = 3, in = 64, out = 8;

class StoredExpertsTest : public StoredTest {
protected:
  /// Of the same numbers (count, out, in) for every test.
  Array plain(std::uint32_t seed = 1) { return random_array({count, out, in}, DType::bfloat16, seed); }

  std::vector<BFloat16> numbers(const Array& array) {
    std::vector<BFloat16> result;
    for (const float value : values(array)) result.push_back(to_bfloat16(value));
    return result;
  }

  void expect_plain(const std::string& path, const Array& wanted) {
    const LoadedExperts loaded = experts(path, count, in, out);
    EXPECT_EQ(loaded.arrays.weight.shape(), (Shape{count, out, in}));
    EXPECT_EQ(values(loaded), values(wanted));
  }
};

TEST_F(StoredExpertsTest, StackedModulesAreFoundUnderBothNames) {
  source_.add("l.mlp.switch_mlp.up_proj.weight", "BF16", plain());
  expect_plain("l.mlp.experts.up_proj", plain());
  expect_plain("l.mlp.switch_mlp.up_proj", plain());
}

TEST_F(StoredExpertsTest, ModulesOfOneExpertAreStacked) {
  const std::vector<BFloat16> all = numbers(plain());
  for (const char* name : {"up_proj", "w3"}) {
    source_ = {};
    for (std::int64_t expert = 0; expert < count; ++expert) {
      const std::vector<BFloat16> one(all.begin() + expert * out * in, all.begin() + (expert + 1) * out * in);
      source_.add("l.mlp.experts." + std::to_string(expert) + "." + name + ".weight", "BF16", DType::bfloat16,
                  {out, in}, one);
    }
    expect_plain("l.mlp.switch_mlp.up_proj", plain());
    EXPECT_EQ(experts("l.mlp.experts.up_proj", 1, in, out).arrays.weight.shape(), (Shape{1, out, in}));
  }
}

TEST_F(StoredExpertsTest, PackedModulesOfOneExpertAreStacked) {
  config_.quantization = {"affine", 4, 64};
  std::vector<float> wanted;
  for (std::int64_t expert = 0; expert < count; ++expert) {
    const PackedArrays w = random_packed(out, in, {}, DType::float16, static_cast<std::uint32_t>(expert + 1));
    const std::string module = "l.mlp.experts." + std::to_string(expert) + ".down_proj";
    source_.add(module + ".weight", "U32", w.weight);
    source_.add(module + ".scales", "F16", *w.scales);
    source_.add(module + ".biases", "F16", *w.biases);
    for (const float value : values(dequantize(w, {}, DType::float32))) wanted.push_back(value);
  }
  const LoadedExperts loaded = experts("l.mlp.switch_mlp.down_proj", count, in, out);
  EXPECT_EQ(loaded.format, PackedFormat());
  EXPECT_EQ(values(loaded), wanted);
}

TEST_F(StoredExpertsTest, RowsOfGateAndUpAlternateInGptOss) {
  const PackedFormat format = PackedFormat::of(PackedKind::mxfp4);
  const PackedArrays w = random_packed(count * 2 * out, in, format, DType::float32, 5);
  const auto blocks = w.weight.to_bytes(), scales = w.scales->to_bytes();
  const std::string name = "l.mlp.experts.gate_up_proj";
  source_.add(name + "_blocks", "U8", DType::uint8, {count, 2 * out, in / 32, 16}, blocks);
  source_.add(name + "_scales", "U8", DType::uint8, {count, 2 * out, in / 32}, scales);
  const Array bias = random_array({count, 2 * out}, DType::bfloat16, 6);
  source_.add(name + "_bias", "BF16", bias);
  const std::vector<float> all = values(dequantize(w, format, DType::float32)), all_bias = values(bias);
  for (const int which : {0, 1}) {
    const LoadedExperts loaded =
        experts(which ? "l.mlp.experts.up_proj" : "l.mlp.experts.gate_proj", count, in, out, nn::Bias::present);
    std::vector<float> wanted, wanted_bias;
    for (std::int64_t row = which; row < count * 2 * out; row += 2) {
      wanted.insert(wanted.end(), all.begin() + row * in, all.begin() + (row + 1) * in);
      wanted_bias.push_back(all_bias[static_cast<std::size_t>(row)]);
    }
    EXPECT_EQ(values(loaded), wanted);
    EXPECT_EQ(values(*loaded.bias), wanted_bias);
  }
  source_.add("l.mlp.experts.down_proj_blocks", "U8", DType::uint8, {count, 2 * out, in / 32, 16}, blocks);
  source_.add("l.mlp.experts.down_proj_scales", "U8", DType::uint8, {count, 2 * out, in / 32}, scales);
  EXPECT_EQ(values(experts("l.mlp.experts.down_proj", count, in, 2 * out)), all);
}

TEST_F(StoredExpertsTest, GptOssInBfloat16HasInputsFirst) {
  const Array stored = random_array({count, in, 2 * out}, DType::bfloat16, 7);
  source_.add("l.mlp.experts.gate_up_proj", "BF16", stored);
  source_.add("l.mlp.experts.gate_up_proj_bias", "BF16", random_array({count, 2 * out}, DType::bfloat16, 8));
  const std::vector<float> all = values(stored),
                           up = values(experts("l.mlp.experts.up_proj", count, in, out, nn::Bias::present));
  for (std::int64_t e = 0; e < count; ++e) {
    for (std::int64_t o = 0; o < out; ++o) {
      for (std::int64_t i = 0; i < in; ++i) {
        ASSERT_EQ(up[static_cast<std::size_t>((e * out + o) * in + i)],
                  all[static_cast<std::size_t>((e * in + i) * 2 * out + 2 * o + 1)]);
      }
    }
  }
}

TEST_F(StoredExpertsTest, GateAndUpInOneTensorAreCutInHalves) {
  const Array stored = random_array({count, 2 * out, in}, DType::bfloat16, 9);
  source_.add("l.mlp.experts.gate_up_proj", "BF16", stored);
  const std::vector<float> all = values(stored), up = values(experts("l.mlp.experts.up_proj", count, in, out));
  for (std::int64_t e = 0; e < count; ++e) {
    for (std::int64_t i = 0; i < out * in; ++i) {
      ASSERT_EQ(up[static_cast<std::size_t>(e * out * in + i)],
                all[static_cast<std::size_t>((2 * e + 1) * out * in + i)]);
    }
  }
}

TEST_F(StoredExpertsTest, WhatIsMissingOrMisshapenIsNamed) {
  EXPECT_NE(failure([&] {
              experts("l.mlp.experts.up_proj", count, in, out);
            }).find("l.mlp.experts.up_proj.weight is missing"),
            std::string::npos);
  source_.add("l.mlp.experts.gate_up_proj", "BF16", plain());
  const std::string message = failure([&] { experts("l.mlp.experts.up_proj", count, in, out); });
  EXPECT_NE(message.find("l.mlp.experts.gate_up_proj has shape (3, 8, 64)"), std::string::npos) << message;
}

}  // namespace
}  // namespace etna::test
