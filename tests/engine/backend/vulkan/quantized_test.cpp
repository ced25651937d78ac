#include "engine/ops/quantized.h"

#include <cmath>
#include <limits>

#include "tests/engine/backend/vulkan/packed.h"

namespace etna::test {
namespace {

class VulkanQuantized : public GpuTest {};

constexpr PackedFormat formats[] = {PackedFormat::affine(4, 32),  PackedFormat::affine(4, 64),
                                    PackedFormat::affine(4, 128), PackedFormat::affine(8, 32),
                                    PackedFormat::affine(8, 64),  PackedFormat::affine(8, 128),
                                    PackedFormat::affine(2, 64),  PackedFormat::affine(3, 32),
                                    PackedFormat::affine(5, 64),  PackedFormat::affine(6, 128)};

TEST_F(VulkanQuantized, ProductsOfAllFormatsByVectorsAndTiles) {
  for (const PackedFormat format : formats) {
    for (const int m : {1, 11}) {
      SCOPED_TRACE(testing::Message() << format.bits << " bits, groups of " << format.group_size << ", m " << m);
      const Packed w = random_packed(21, 384, format, DType::float16, 1);
      const Array x = random_array({m, 384}, DType::float16, 2);
      expect_close(run(quantized_matmul(x, w.arrays, format)), times_transposed(doubles(x), w.values, 384),
                   tolerance(DType::float16), 10);
    }
  }
}

TEST_F(VulkanQuantized, ActivationsAndScalesOfAllTypes) {
  const PackedFormat format = PackedFormat::affine(4, 64);
  for (const DType scale_type : floating_types) {
    for (const DType dtype : floating_types) {
      SCOPED_TRACE(testing::Message() << name(dtype) << " " << name(scale_type));
      const Packed w = random_packed(10, 192, format, scale_type, 3);
      const Array x = random_array({2, 192}, dtype, 4);
      const Array residual = random_array({2, 10}, dtype, 5);
      std::vector<double> expected = times_transposed(doubles(x), w.values, 192);
      const std::vector<double> added = doubles(residual);
      for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += added[i];
      expect_close(run(quantized_matmul_residual(x, w.arrays, format, residual)), expected, tolerance(dtype), 10);
    }
  }
}

TEST_F(VulkanQuantized, EveryNumberOfRows) {
  const PackedFormat format = PackedFormat::affine(4, 64);
  const Packed w = random_packed(6, 128, format, DType::bfloat16, 6);
  for (const int m : {4, 5, 8, 9, 65}) {
    SCOPED_TRACE(m);
    const Array x = random_array({m, 128}, DType::float32, 7);
    expect_close(run(quantized_matmul(x, w.arrays, format)), times_transposed(doubles(x), w.values, 128), 1e-5, 5);
  }
}

TEST_F(VulkanQuantized, SwigluMultipliesBothProducts) {
  for (const PackedFormat format : {PackedFormat::affine(4, 64), PackedFormat::affine(8, 32)}) {
    for (const int m : {1, 10}) {
      SCOPED_TRACE(testing::Message() << format.bits << " m " << m);
      const Packed gate = random_packed(19, 256, format, DType::float16, 8);
      const Packed up = random_packed(19, 256, format, DType::float16, 9);
      const Array x = random_array({m, 256}, DType::float16, 10, -0.3F, 0.3F);
      std::vector<double> expected = times_transposed(doubles(x), gate.values, 256);
      const std::vector<double> factors = times_transposed(doubles(x), up.values, 256);
      for (std::size_t i = 0; i < expected.size(); ++i) expected[i] *= factors[i] / (1 + std::exp(-expected[i]));
      expect_close(run(quantized_swiglu(x, gate.arrays, up.arrays, format)), expected, tolerance(DType::float16), 5);
    }
  }
}

TEST_F(VulkanQuantized, DequantizationOfAllAndOfSomeRows) {
  for (const PackedFormat format : formats) {
    SCOPED_TRACE(testing::Message() << format.bits << " " << format.group_size);
    const Packed w = random_packed(5, 256, format, DType::bfloat16, 11);
    expect_close(run(dequantize(w.arrays, format, DType::float32)), w.values, 1e-5);
    std::vector<double> rows;
    for (const int row : {4, 0, 4})
      rows.insert(rows.end(), w.values.begin() + row * 256, w.values.begin() + row * 256 + 256);
    expect_close(run(dequantize_rows(w.arrays, format, ints({7, -2, 4}, {3}), DType::float16)), rows,
                 tolerance(DType::float16));
  }
}

/// MLX's own bytes for (i - 10) / 8 with i up to 31, and what they stand for.
struct Golden {
  PackedKind kind;
  std::vector<std::uint32_t> words;
  std::vector<std::uint8_t> scales;
  std::vector<double> values;
};

const Golden goldens[] = {
    {PackedKind::mxfp4,
     {0xaaabcccc, 0x22210089, 0x55544443, 0x76666666},
     {0x7e},
     {-1,   -1, -1, -1, -0.75, -0.5, -0.5, -0.5, -0.25, -0., 0, 0, 0.25, 0.5, 0.5, 0.5,
      0.75, 1,  1,  1,  1,     1.5,  1.5,  1.5,  2,     2,   2, 2, 2,    2,   2,   3}},
    {PackedKind::nvfp4,
     {0xccdeeeff, 0x5442109a, 0x65555443, 0x77776666},
     {0x25, 0x2e},
     {-1.21875,  -1.21875, -0.8125, -0.8125, -0.8125,  -0.609375, -0.40625, -0.40625, -0.203125, -0.1015625, 0,
      0.1015625, 0.203125, 0.40625, 0.40625, 0.609375, 0.65625,   0.875,    0.875,    1.3125,    1.3125,     1.3125,
      1.3125,    1.75,     1.75,    1.75,    1.75,     1.75,      2.625,    2.625,    2.625,     2.625}},
};

TEST_F(VulkanQuantized, SmallFloatsAreWhatMlxMeansByThem) {
  for (const Golden& golden : goldens) {
    const PackedFormat format = PackedFormat::of(golden.kind);
    SCOPED_TRACE(name(format));
    const auto words = static_cast<std::int64_t>(golden.words.size()),
               groups = static_cast<std::int64_t>(golden.scales.size());
    const PackedArrays w{Array::from(golden.words, {1, words}), Array::from(golden.scales, {1, groups})};
    expect_close(run(dequantize(w, format, DType::float32)), golden.values, 0);
  }
}

/// A row of one block, by hand: every byte of codes is 0x21 except the last, which is 0xf0.
std::vector<std::uint8_t> block_of(PackedKind kind, std::vector<std::uint8_t> head) {
  head.resize(static_cast<std::size_t>(traits(kind).block_bytes), 0x21);
  head.back() = 0xf0;
  return head;
}

TEST_F(VulkanQuantized, BlocksLieAsInGgufFiles) {
  struct Block {
    PackedKind kind;
    std::vector<std::uint8_t> head;         // what comes before the codes: 0x3c00 is 1, 0x3800 0.5
    double low, high, last_low, last_high;  // elements 0, 16, 15 and 31
  };

  const Block blocks[] = {
      {PackedKind::q4_0, {0x00, 0x38}, -3.5, -3, -4, 3.5},
      {PackedKind::q4_1, {0x00, 0x38, 0x00, 0x3c}, 1.5, 2, 1, 8.5},
      {PackedKind::q5_0, {0x00, 0x3c, 0x01, 0x80, 0x00, 0x80}, 1, -14, 0, 15},
      {PackedKind::q5_1, {0x00, 0x3c, 0x00, 0x3c, 0x01, 0x80, 0x00, 0x80}, 18, 3, 17, 32},
      {PackedKind::iq4_nl, {0x00, 0x3c}, -104, -83, -127, 113},
      {PackedKind::ggml_mxfp4, {128}, 1, 2, 0, -12},
      {PackedKind::ggml_mxfp4,
       {255},
       0x1p127,
       std::numeric_limits<double>::infinity(),
       0,
       -std::numeric_limits<double>::infinity()},
  };
  for (const Block& block : blocks) {
    const PackedFormat format = PackedFormat::of(block.kind);
    SCOPED_TRACE(name(format));
    const std::vector<std::uint8_t> bytes = block_of(block.kind, block.head);
    const PackedArrays w{Array::from(bytes, {1, static_cast<std::int64_t>(bytes.size())})};
    const std::vector<float> values = run(dequantize(w, format, DType::float32));
    EXPECT_EQ(values[0], block.low);
    EXPECT_EQ(values[16], block.high);
    EXPECT_EQ(values[15], block.last_low);
    EXPECT_EQ(values[31], block.last_high);
  }
}

/// Three blocks a row: rows and blocks start at odd multiples of two bytes.
TEST_F(VulkanQuantized, ProductsOfBlocksAreThoseOfTheirNumbers) {
  for (const PackedKind kind : {PackedKind::q4_0, PackedKind::q3_k, PackedKind::q6_k, PackedKind::nvfp4}) {
    const PackedFormat format = PackedFormat::of(kind);
    SCOPED_TRACE(name(format));
    const std::int64_t n = 5, k = 3 * format.group_size;
    const PackedArrays w = random_blocks(n, k, format, 12);
    const Array x = random_array({1, k}, DType::float32, 13);
    const std::vector<float> numbers = run(dequantize(w, format, DType::float32));
    expect_close(run(quantized_matmul(x, w, format)), times_transposed(doubles(x), {numbers.begin(), numbers.end()}, k),
                 1e-5, 5);
  }
}

double e4m3(int bits) {
  const int exponent = bits >> 3 & 15, mantissa = bits & 7;
  const double value = exponent == 0 ? std::ldexp(mantissa, -9) : std::ldexp(8 + mantissa, exponent - 10);
  return bits & 128 ? -value : value;
}

TEST_F(VulkanQuantized, Float8InWholeGroupsTakesTheVectorKernel) {
  const std::int64_t n = 3, k = 256;
  for (const int group : {128, 256}) {  // by blocks, by rows
    const PackedFormat format = PackedFormat::fp8(group);
    SCOPED_TRACE(name(format));
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(n * k));
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i);  // every code
    const Array scales = random_array({n, k / group}, DType::bfloat16, 14, 0.001F, 0.002F);
    const std::vector<double> scale = doubles(scales);
    std::vector<double> values;
    for (std::size_t i = 0; i < bytes.size(); ++i) values.push_back(e4m3(bytes[i]) * scale[i / group]);
    const PackedArrays w{Array::from(bytes, {n, k}), scales};
    const Array x = random_array({1, k}, DType::float32, 15);
    expect_close(run(dequantize(w, format, DType::float32)), values, 1e-6);
    expect_close(run(quantized_matmul(x, w, format)), times_transposed(doubles(x), values, k), 1e-5, 5);
  }
}

}  // namespace
}  // namespace etna::test
