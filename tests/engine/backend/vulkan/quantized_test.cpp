#include "engine/ops/quantized.h"

#include "tests/engine/backend/vulkan/packed.h"

namespace etna::test {
namespace {

class VulkanQuantized : public GpuTest {};

constexpr PackedFormat formats[] = {
    PackedFormat::affine(4, 32),  PackedFormat::affine(4, 64), PackedFormat::affine(4, 128), PackedFormat::affine(8, 32),
    PackedFormat::affine(8, 64),  PackedFormat::affine(8, 128), PackedFormat::affine(2, 64), PackedFormat::affine(3, 32),
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

}  // namespace
}  // namespace etna::test
