// Products on matrix units: on the device's own where it has any, else in plain arithmetic by the same kernels.
#include "engine/backend/vulkan/matrix_tiles.h"

#include "engine/ops/matmul.h"
#include "engine/plan/plan.h"
#include "tests/engine/backend/vulkan/matrix_support.h"
#include "tests/engine/backend/vulkan/packed.h"

namespace etna::vulkan {
namespace {

using test::doubles;

std::unique_ptr<Backend> backend_with(MatrixUnits units, int tile) {
  return create_backend(0, nullptr, {.matrices = units, .tile = tile});
}

constexpr int two_buffers = 8, shared_depth = 10, thin = 12;  // of matrix_tiles()

/// A backend for each tile that the device can run.
class Matrices : public testing::TestWithParam<int> {
protected:
  void SetUp() override {
    if (enumerate_devices().empty()) GTEST_SKIP() << "no Vulkan device";
    test::gpu();  // keeps the driver in memory: loading it anew for each test fails after a while
    const MatrixTile& tile = matrix_tiles()[static_cast<std::size_t>(GetParam())];
    backend_ = backend_with(MatrixUnits::automatic, GetParam());
    if (test::has_matrices(*backend_)) return;
    // Plain arithmetic is slow: one tile of each kind.
    const bool kind = GetParam() == two_buffers || GetParam() == shared_depth || GetParam() == thin;
    if (!kind || tile.parts_m != 2 || tile.parts_n != 2) GTEST_SKIP() << "the device has no matrices";
    backend_ = backend_with(MatrixUnits::emulated, GetParam());
    ASSERT_TRUE(test::has_matrices(*backend_));
  }

  std::vector<float> run(const Array& array) {
    evaluate(array, *backend_);
    return array.to_floats();
  }

  std::unique_ptr<Backend> backend_;
};

std::vector<double> product(const Array& a, const Array& b, Transpose transpose) {
  const std::vector<double> left = doubles(a), right = doubles(b);
  const std::int64_t k = a.shape(-1), n = b.shape(transpose == Transpose::yes ? -2 : -1);
  std::vector<double> y;
  for (std::size_t i = 0; i < left.size() / k; ++i) {
    for (std::int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (std::int64_t l = 0; l < k; ++l)
        sum += left[i * k + l] * right[transpose == Transpose::yes ? j * k + l : l * n + j];
      y.push_back(sum);
    }
  }
  return y;
}

TEST_P(Matrices, TilesOfWholeAndOddSizesInBothForms) {
  struct Size {
    std::int64_t m, n, k;
  };

  for (const Transpose transpose : {Transpose::yes, Transpose::no}) {
    for (const Size size : {Size{64, 128, 96}, Size{70, 67, 41}, Size{130, 72, 264}, Size{2, 5, 3}}) {
      SCOPED_TRACE(testing::Message() << size.m << " " << size.n << " " << size.k << " "
                                      << static_cast<int>(transpose));
      const bool yes = transpose == Transpose::yes;
      const Array a = test::random_array({size.m, size.k}, DType::bfloat16, 1);
      const Array b = test::random_array({yes ? size.n : size.k, yes ? size.k : size.n}, DType::bfloat16, 2);
      test::expect_close(run(matmul(a, b, transpose)), product(a, b, transpose), test::tolerance(DType::bfloat16), 5);
    }
  }
}

TEST_P(Matrices, OtherTypesAreSumsOfSeveralFactors) {
  const DType pairs[][2] = {{DType::float32, DType::bfloat16}, {DType::bfloat16, DType::float32},
                            {DType::float32, DType::float16},  {DType::float16, DType::bfloat16},
                            {DType::bfloat16, DType::float16}, {DType::float16, DType::float16}};
  for (const auto& [left, right] : pairs) {
    for (const Transpose transpose : {Transpose::yes, Transpose::no}) {
      SCOPED_TRACE(std::string(name(left)) + " " + name(right));
      const Array a = test::random_array({40, 136}, left, 1);
      const Array b = test::random_array(transpose == Transpose::yes ? Shape{24, 136} : Shape{136, 24}, right, 2);
      test::expect_close(run(matmul(a, b, transpose)), product(a, b, transpose), test::tolerance(left), 5);
    }
  }
}

TEST_P(Matrices, BFloat16OutsideOfFloat16sRangeIsKept) {
  const Array a = test::random_array({33, 64}, DType::bfloat16, 1, 1e20F, 2e20F);
  const Array b = test::random_array({16, 64}, DType::bfloat16, 2, -2e-12F, 2e-12F);
  test::expect_close(run(matmul(a, b, Transpose::yes)), product(a, b, Transpose::yes), test::tolerance(DType::bfloat16),
                     1e9);
  std::vector<float> values(33 * 64, 1);
  values[0] = INFINITY;
  const Array infinite = test::array_of(values, {33, 64}, DType::float32);
  const Array ones = test::array_of(std::vector<float>(16 * 64, 1), {16, 64}, DType::bfloat16);
  const std::vector<float> y = run(matmul(infinite, ones, Transpose::yes));
  EXPECT_EQ(y[0], INFINITY);
  EXPECT_EQ(y[16], 64);
}

TEST_P(Matrices, BatchesAndResiduals) {
  const Array a = test::random_array({3, 37, 40}, DType::float16, 1),
              b = test::random_array({3, 40, 24}, DType::float16, 2);
  std::vector<double> expected;
  for (int i = 0; i < 3; ++i) {
    const Array left = slice(a, 0, i, i + 1), right = slice(b, 0, i, i + 1);
    evaluate(left, *backend_), evaluate(right, *backend_);
    const std::vector<double> part = product(left, right, Transpose::no);
    expected.insert(expected.end(), part.begin(), part.end());
  }
  test::expect_close(run(matmul(a, b)), expected, test::tolerance(DType::float16), 5);

  const Array x = test::random_array({20, 64}, DType::bfloat16, 3),
              w = test::random_array({33, 64}, DType::bfloat16, 4);
  const Array residual = test::random_array({20, 33}, DType::bfloat16, 5);
  std::vector<double> sum = product(x, w, Transpose::yes);
  const std::vector<double> added = doubles(residual);
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += added[i];
  test::expect_close(run(matmul_residual(x, w, residual)), sum, test::tolerance(DType::bfloat16), 5);
}

INSTANTIATE_TEST_SUITE_P(Every, Matrices, testing::Range(0, static_cast<int>(matrix_tiles().size())));

}  // namespace
}  // namespace etna::vulkan
