#include "engine/io/quantize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "engine/base/half.h"
#include "engine/base/thread_pool.h"
#include "engine/io/float_formats.h"
#include "tests/engine/io/fails_with.h"

namespace etna {
namespace {

using Words = std::vector<std::uint32_t>;

Words words_of(const std::vector<std::byte>& bytes) {
  Words result(bytes.size() / 4);
  std::memcpy(result.data(), bytes.data(), bytes.size());
  return result;
}

std::vector<float> floats_of(const std::vector<std::byte>& bytes) {
  std::vector<float> result(bytes.size() / 4);
  std::memcpy(result.data(), bytes.data(), bytes.size());
  return result;
}

/// The values of the golden vectors: (i - 10) / 8.
std::vector<float> ramp(int count = 32) {
  std::vector<float> values;
  for (int i = 0; i < count; ++i) values.push_back(static_cast<float>(i - 10) / 8);
  return values;
}

PackedTensor quantize_floats(const std::vector<float>& values, const QuantizationConfig& config,
                             std::int64_t rows = 1) {
  ThreadPool pool(2);
  return quantize(std::as_bytes(std::span(values)), DType::float32,
                  {rows, static_cast<std::int64_t>(values.size()) / rows}, config, pool);
}

struct Golden {
  int bits;
  float scale;
  Words words;
};

TEST(Quantize, AffineMatchesTheGoldenVectorsOfEveryWidth) {
  const Golden goldens[] = {
      {2, -1.3125f, {0xaaaaabff, 0x00055555}},
      {3, -0.524999976f, {0x6ddb6fff, 0x36dc925b, 0x00124a49}},
      {4, -0.262499988f, {0xbccddeef, 0x8899aaab, 0x44556677, 0x00112233}},
      {5, -0.125f, {0x75be77df, 0x3a56d7c6, 0x35cf8465, 0xc74254b6, 0x00443214}},
      {6, -0.061046511f, {0x77e7bf7f, 0xbb6fc73d, 0x863967a6, 0x1765b75f, 0xa30e4125, 0x00210620}},
      {8,
       -0.01517341f,
       {0xe7eff7ff, 0xc6ced6de, 0xa5adb5bd, 0x848c949d, 0x636b737c, 0x424a525b, 0x2129313a, 0x00081019}},
  };
  for (const Golden& golden : goldens) {
    const PackedTensor packed = quantize_floats(ramp(), {"affine", golden.bits, 32});
    EXPECT_EQ(words_of(packed.weight), golden.words) << golden.bits;
    EXPECT_FLOAT_EQ(floats_of(packed.scales)[0], golden.scale) << golden.bits;
    EXPECT_EQ(floats_of(packed.biases)[0], 2.625f) << golden.bits;
  }
}

TEST(Quantize, GroupsBelowZeroUseTheirTrueMaximum) {
  std::vector<float> values;
  for (int i = 0; i < 32; ++i) values.push_back(-1 - static_cast<float>(i) / 32);
  const PackedTensor packed = quantize_floats(values, {"affine", 4, 32});
  EXPECT_EQ(words_of(packed.weight), (Words{0xbccddeef, 0x8899aaab, 0x44556677, 0x00112233}));
  EXPECT_FLOAT_EQ(floats_of(packed.scales)[0], 0.065624997f);
  EXPECT_EQ(floats_of(packed.biases)[0], -1.96875f);
}

TEST(Quantize, FloatModesMatchTheGoldenVectors) {
  const PackedTensor mxfp4 = quantize_floats(ramp(), {"mxfp4", 4, 32});
  EXPECT_EQ(words_of(mxfp4.weight), (Words{0xaaabcccc, 0x22210089, 0x55544443, 0x76666666}));
  EXPECT_EQ(mxfp4.scales, std::vector{std::byte{0x7e}});
  const PackedTensor mxfp8 = quantize_floats(ramp(), {"mxfp8", 8, 32});
  EXPECT_EQ(words_of(mxfp8.weight),
            (Words{0xeef0f1f2, 0xe4e8eaec, 0x5800d8e0, 0x6a686460, 0x71706e6c, 0x75747372, 0x78787776, 0x7a7a7a79}));
  EXPECT_EQ(mxfp8.scales, std::vector{std::byte{0x78}});
  const PackedTensor nvfp4 = quantize_floats(ramp(), {"nvfp4", 4, 16});
  EXPECT_EQ(words_of(nvfp4.weight), (Words{0xccdeeeff, 0x5442109a, 0x65555443, 0x77776666}));
  EXPECT_EQ(nvfp4.scales, (std::vector{std::byte{0x25}, std::byte{0x2e}}));
  EXPECT_TRUE(nvfp4.biases.empty());
}

TEST(Quantize, PackedCodesAreOneBitStreamPerRow) {
  // With scale 1 and bias 0 the values are the codes.
  const Golden goldens[] = {
      {2, 1, {0xe4e4e4e4, 0xe4e4e4e4}},
      {3, 1, {0x88fac688, 0xc688fac6, 0xfac688fa}},
      {4, 1, {0x76543210, 0xfedcba98, 0x76543210, 0xfedcba98}},
      {5, 1, {0x8a418820, 0xc5a92839, 0xca307b9a, 0x38bdab49, 0xffbbcdeb}},
      {6, 1, {0x440c2040, 0xa2481c61, 0x3ce34c2c, 0x544d2450, 0xa6585d65, 0x7de75c6d}},
      {8, 8, {0x18100800, 0x38302820, 0x58504840, 0x78706860, 0x98908880, 0xb8b0a8a0, 0xd8d0c8c0, 0xf8f0e8e0}},
  };
  for (const Golden& golden : goldens) {
    const float scale = 1, bias = 0;
    PackedView view;
    view.config.bits = golden.bits;
    view.config.group_size = 32;
    view.shape = {1, 32};
    view.weight = std::as_bytes(std::span(golden.words));
    view.scales = std::as_bytes(std::span(&scale, 1));
    view.biases = std::as_bytes(std::span(&bias, 1));
    std::vector<float> values(32);
    dequantize_row(view, 0, values);
    for (int k = 0; k < 32; ++k) {
      const int code = golden.bits == 8 ? 8 * k : k % (1 << golden.bits);
      EXPECT_EQ(values[static_cast<std::size_t>(k)], static_cast<float>(code)) << golden.bits << " bits, element " << k;
    }
  }
}

TEST(Quantize, ValuesComeBackWithinAStep) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  std::vector<float> values(3 * 256);
  for (float& value : values) value = normal(random);
  ThreadPool pool(2);
  for (const int bits : {2, 3, 4, 5, 6, 8}) {
    for (const int group : {32, 64, 128}) {
      const PackedTensor packed = quantize_floats(values, {"affine", bits, group}, 3);
      const auto back = floats_of(dequantize(packed.view(), DType::float32, pool));
      const auto scales = floats_of(packed.scales);
      for (std::size_t i = 0; i < values.size(); ++i) {
        const float step = std::fabs(scales[i / static_cast<std::size_t>(group)]);
        EXPECT_LE(std::fabs(back[i] - values[i]), step * 1.05f) << bits << " bits, group " << group;
      }
    }
  }
}

TEST(Quantize, GroupsOfZerosComeBackAsZeros) {
  ThreadPool pool(1);
  for (const QuantizationConfig& config :
       {QuantizationConfig{"affine", 4, 32}, {"mxfp4", 4, 32}, {"mxfp8", 8, 32}, {"nvfp4", 4, 16}}) {
    const PackedTensor packed = quantize_floats(std::vector<float>(64), config);
    EXPECT_THAT(floats_of(dequantize(packed.view(), DType::float32, pool)), testing::Each(0.0f)) << config.mode;
  }
}

TEST(Quantize, HalfTypesKeepTheirTypeInScalesAndBiases) {
  std::vector<BFloat16> values;
  for (const float value : ramp(64)) values.push_back(to_bfloat16(value));
  ThreadPool pool(1);
  const PackedTensor packed =
      quantize(std::as_bytes(std::span(values)), DType::bfloat16, {1, 64}, {"affine", 8, 64}, pool);
  EXPECT_EQ(packed.scales_dtype, DType::bfloat16);
  EXPECT_EQ(packed.scales.size(), 2u);
  EXPECT_EQ(packed.weight.size(), 64u);
}

TEST(Quantize, TensorsThatCannotBeQuantizedAreRefused) {
  ThreadPool pool(1);
  const std::vector<std::byte> bytes(400);
  test::expect_failure(
      [&] {
        quantize(bytes, DType::float32, {1, 100}, {"affine", 4, 64}, pool);
      },
      Errc::invalid_argument, {"last axis 100", "64"});
  test::expect_failure(
      [&] {
        quantize(bytes, DType::float32, {64}, {"affine", 4, 64}, pool);
      },
      Errc::invalid_argument, {"axes"});
  test::expect_failure(
      [&] {
        quantize(bytes, DType::uint32, {1, 64}, {"affine", 4, 64}, pool);
      },
      Errc::invalid_argument, {"uint32"});
  test::expect_failure(
      [&] {
        quantize(bytes, DType::float32, {1, 64}, {"nvfp4", 4, 32}, pool);
      },
      Errc::invalid_argument, {"group_size 32"});
}

TEST(FloatFormats, EveryCodeReadsBackAsItself) {
  for (std::uint32_t code = 0; code < 16; ++code) EXPECT_EQ(to_e2m1(from_e2m1(code)), code);
  for (std::uint32_t code = 0; code < 256; ++code) {
    if ((code & 127) == 127) continue;  // never written
    EXPECT_EQ(to_e4m3(from_e4m3(code)), code);
  }
  for (std::uint32_t code = 0; code < 255; ++code) EXPECT_EQ(to_e8m0(from_e8m0(code)), code);
}

TEST(FloatFormats, ValuesRoundToTheNearestEvenAndSaturate) {
  EXPECT_EQ(to_e4m3(1000.0f), 0x7eu);
  EXPECT_EQ(to_e4m3(-1000.0f), 0xfeu);
  EXPECT_EQ(from_e4m3(to_e4m3(17.0f)), 16.0f);  // halfway between 16 and 18
  EXPECT_EQ(from_e4m3(to_e4m3(19.0f)), 20.0f);  // halfway between 18 and 20
  EXPECT_EQ(from_e2m1(to_e2m1(2.5f)), 2.0f);
  EXPECT_EQ(from_e2m1(to_e2m1(-3.5f)), -4.0f);
  EXPECT_EQ(from_e2m1(to_e2m1(100.0f)), 6.0f);
}

}  // namespace
}  // namespace etna
