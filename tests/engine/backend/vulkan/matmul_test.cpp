#include "engine/ops/matmul.h"

#include "tests/engine/backend/vulkan/gpu.h"

namespace etna::test {
namespace {

class VulkanMatmul : public GpuTest {};

struct Size {
  int batch, m, n, k;
};

/// a (batch, m, k) · b (batch, k, n) or, transposed, b (batch, n, k).
std::vector<double> product(const std::vector<double>& a, const std::vector<double>& b, Size size,
                            Transpose transpose) {
  std::vector<double> y;
  for (int batch = 0; batch < size.batch; ++batch) {
    for (int i = 0; i < size.m; ++i) {
      for (int j = 0; j < size.n; ++j) {
        double sum = 0;
        for (int l = 0; l < size.k; ++l) {
          const int place = transpose == Transpose::yes ? j * size.k + l : l * size.n + j;
          sum += a[(batch * size.m + i) * size.k + l] * b[batch * size.n * size.k + place];
        }
        y.push_back(sum);
      }
    }
  }
  return y;
}

TEST_F(VulkanMatmul, FewRowsTimesWeightsOfAnyFloatingType) {
  for (const DType weight : floating_types) {
    for (const DType dtype : floating_types) {
      for (const Size size : {Size{1, 1, 37, 200}, Size{1, 3, 9, 1032}}) {
        SCOPED_TRACE(testing::Message() << name(dtype) << " " << name(weight) << " m " << size.m);
        const Array a = random_array({size.m, size.k}, dtype, 1);
        const Array b = random_array({size.n, size.k}, weight, 2);
        const Array residual = random_array({size.m, size.n}, dtype, 3);
        std::vector<double> expected = product(doubles(a), doubles(b), size, Transpose::yes);
        expect_close(run(matmul(a, b, Transpose::yes)), expected, tolerance(dtype), 10);
        const std::vector<double> added = doubles(residual);
        for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += added[i];
        expect_close(run(matmul_residual(a, b, residual)), expected, tolerance(dtype), 10);
      }
    }
  }
}

TEST_F(VulkanMatmul, TilesOfOddSizesInBothForms) {
  for (const Transpose transpose : {Transpose::yes, Transpose::no}) {
    for (const DType dtype : floating_types) {
      for (const Size size : {Size{1, 70, 67, 41}, Size{1, 12, 130, 72}, Size{1, 2, 5, 3}}) {
        SCOPED_TRACE(testing::Message() << name(dtype) << " m " << size.m << " " << static_cast<int>(transpose));
        const Array a = random_array({size.m, size.k}, dtype, 1);
        const bool yes = transpose == Transpose::yes;
        const Array b = random_array({yes ? size.n : size.k, yes ? size.k : size.n}, DType::float16, 2);
        expect_close(run(matmul(a, b, transpose)), product(doubles(a), doubles(b), size, transpose), tolerance(dtype),
                     5);
      }
    }
  }
}

TEST_F(VulkanMatmul, BatchesOfMatrices) {
  const Size size{6, 5, 7, 16};
  const Array a = random_array({2, 3, 5, 16}, DType::float32, 1);
  const Array b = random_array({2, 3, 16, 7}, DType::float32, 2);
  expect_close(run(matmul(a, b)), product(doubles(a), doubles(b), size, Transpose::no), 1e-5, 5);
}

TEST_F(VulkanMatmul, TilesAddTheResidual) {
  const Size size{1, 20, 33, 64};
  const Array a = random_array({4, 5, 64}, DType::bfloat16, 1);
  const Array b = random_array({33, 64}, DType::bfloat16, 2);
  const Array residual = random_array({4, 5, 33}, DType::bfloat16, 3);
  std::vector<double> expected = product(doubles(a), doubles(b), size, Transpose::yes);
  const std::vector<double> added = doubles(residual);
  for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += added[i];
  expect_close(run(matmul_residual(a, b, residual)), expected, tolerance(DType::bfloat16), 5);
}

}  // namespace
}  // namespace etna::test
