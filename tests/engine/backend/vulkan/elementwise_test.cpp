#include "tests/engine/backend/vulkan/gpu.h"

namespace etna::test {
namespace {

class VulkanElementwise : public GpuTest {};

double reference(UnaryKind kind, double x) {
  switch (kind) {
    case UnaryKind::negative: return -x;
    case UnaryKind::absolute: return std::abs(x);
    case UnaryKind::exponential: return std::exp(x);
    case UnaryKind::logarithm: return std::log(x);
    case UnaryKind::square_root: return std::sqrt(x);
    case UnaryKind::reciprocal_square_root: return 1 / std::sqrt(x);
    case UnaryKind::square: return x * x;
    case UnaryKind::sine: return std::sin(x);
    case UnaryKind::cosine: return std::cos(x);
    case UnaryKind::hyperbolic_tangent: return std::tanh(x);
    case UnaryKind::sigmoid: return 1 / (1 + std::exp(-x));
    case UnaryKind::silu: return x / (1 + std::exp(-x));
    case UnaryKind::gelu: return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    case UnaryKind::gelu_approximate:
      return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case UnaryKind::floor: return std::floor(x);
    case UnaryKind::logical_not: return x == 0;
  }
  return 0;
}

TEST_F(VulkanElementwise, UnaryFunctionsAgreeWithTheirDefinitions) {
  for (std::uint32_t kind = 0; kind <= static_cast<std::uint32_t>(UnaryKind::floor); ++kind) {
    const auto op = static_cast<UnaryKind>(kind);
    const bool positive =
        op == UnaryKind::logarithm || op == UnaryKind::square_root || op == UnaryKind::reciprocal_square_root;
    for (const DType dtype : floating_types) {
      SCOPED_TRACE(testing::Message() << "kind " << kind << " " << name(dtype));
      const Array x = random_array({7, 37}, dtype, kind, positive ? 0.01F : -4, 4);
      std::vector<double> expected = doubles(x);
      for (double& value : expected) value = reference(op, value);
      expect_close(run(unary(op, x)), expected, tolerance(dtype));
    }
  }
}

TEST_F(VulkanElementwise, IntegersAndBooleansHaveTheirOwnFunctions) {
  const Array x = ints({-3, 0, 5, 2147483647}, {4});
  const Array negated = unary(UnaryKind::negative, x);
  evaluate(negated, gpu());
  EXPECT_THAT(negated.to_vector<std::int32_t>(), testing::ElementsAre(3, 0, -5, -2147483647));
  const Array sum = add(x, ints({1, 1, 1, 0}, {4}));
  evaluate(sum, gpu());
  EXPECT_THAT(sum.to_vector<std::int32_t>(), testing::ElementsAre(-2, 1, 6, 2147483647));
  const Array less = binary(BinaryKind::less, x, ints({0}, {1}));
  const Array other = unary(UnaryKind::logical_not, less);
  const Array both = binary(BinaryKind::logical_or, less, other);
  const Array results[] = {less, other, both};
  evaluate(results, gpu());
  EXPECT_THAT(less.to_bytes(), testing::ElementsAre(1, 0, 0, 0));
  EXPECT_THAT(other.to_bytes(), testing::ElementsAre(0, 1, 1, 1));
  EXPECT_THAT(both.to_bytes(), testing::ElementsAre(1, 1, 1, 1));
}

double reference(BinaryKind kind, double a, double b) {
  switch (kind) {
    case BinaryKind::add: return a + b;
    case BinaryKind::subtract: return a - b;
    case BinaryKind::multiply: return a * b;
    case BinaryKind::divide: return a / b;
    case BinaryKind::maximum: return std::max(a, b);
    case BinaryKind::minimum: return std::min(a, b);
    case BinaryKind::power: return std::pow(a, b);
    default: return a / (1 + std::exp(-a)) * b;
  }
}

TEST_F(VulkanElementwise, BinaryFunctionsBroadcast) {
  using enum BinaryKind;
  for (const BinaryKind kind : {add, subtract, multiply, divide, maximum, minimum, power, silu_multiply}) {
    for (const DType dtype : floating_types) {
      SCOPED_TRACE(testing::Message() << "kind " << static_cast<int>(kind) << " " << name(dtype));
      const Array a = random_array({3, 1, 5}, dtype, 1, 0.5F, 2);
      const Array b = random_array({4, 1}, dtype, 2, 0.5F, 2);
      const std::vector<double> left = doubles(a), right = doubles(b);
      std::vector<double> expected;
      for (int i = 0; i < 60; ++i) expected.push_back(reference(kind, left[i / 20 * 5 + i % 5], right[i / 5 % 4]));
      expect_close(run(binary(kind, a, b)), expected, tolerance(dtype));
    }
  }
}

TEST_F(VulkanElementwise, PowerFollowsIeeeForNegativeBases) {
  const Array a = Array::from<float>({-2, -2, -2, 0, 0}, {5});
  const Array b = Array::from<float>({3, 2, 0.5F, 0, 2}, {5});
  expect_close(run(binary(BinaryKind::power, a, b)), {-8, 4, NAN, 1, 0}, 1e-5);
}

TEST_F(VulkanElementwise, WhereSelectsWithBroadcasting) {
  const Array x = random_array({4, 6}, DType::float16, 3);
  const Array zero = Array::scalar(0, DType::float16);
  std::vector<double> expected = doubles(x);
  for (double& value : expected) value = std::max(value, 0.0);
  expect_close(run(where(binary(BinaryKind::greater, x, zero), x, zero)), expected, 0);
}

TEST_F(VulkanElementwise, CastsConvertBetweenAllTypes) {
  const Array x = Array::from<float>({-2.75F, 0, 3.5F, 100.25F}, {4});
  const Array whole = cast(x, DType::int32);
  const Array truth = cast(x, DType::boolean);
  const Array back = cast(whole, DType::float32);
  const Array halves = cast(cast(x, DType::bfloat16), DType::float16);
  const Array from_truth = cast(truth, DType::float32);
  const Array results[] = {whole, truth, back, halves, from_truth};
  evaluate(results, gpu());
  EXPECT_THAT(whole.to_vector<std::int32_t>(), testing::ElementsAre(-2, 0, 3, 100));
  EXPECT_THAT(truth.to_bytes(), testing::ElementsAre(1, 0, 1, 1));
  EXPECT_THAT(back.to_floats(), testing::ElementsAre(-2, 0, 3, 100));
  EXPECT_THAT(halves.to_floats(), testing::ElementsAre(-2.75F, 0, 3.5F, 100));
  EXPECT_THAT(from_truth.to_floats(), testing::ElementsAre(1, 0, 1, 1));
}

TEST_F(VulkanElementwise, CopiesFollowAnyStrides) {
  const std::vector<float> values = numbers(2 * 3 * 4 * 5 * 2 * 3, 5);
  const Array x = array_of(values, {2, 3, 4, 5, 2, 3}, DType::float32);
  const std::vector<float> copied = run(contiguous(permute(x, {5, 3, 1, 0, 2, 4})));
  std::size_t at = 0;
  for (int f = 0; f < 3; ++f)
    for (int d = 0; d < 5; ++d)
      for (int b = 0; b < 3; ++b)
        for (int a = 0; a < 2; ++a)
          for (int c = 0; c < 4; ++c)
            for (int e = 0; e < 2; ++e) {
              EXPECT_EQ(copied[at++],
                        values[static_cast<std::size_t>(((((a * 3 + b) * 4 + c) * 5 + d) * 2 + e) * 3 + f)]);
            }
}

TEST_F(VulkanElementwise, PartsAreConcatenatedAlongAnyAxis) {
  const Array a = random_array({2, 3}, DType::float32, 1);
  const Array b = random_array({2, 2}, DType::float32, 2);
  const std::vector<float> x = a.to_floats(), y = b.to_floats();
  EXPECT_THAT(run(concatenate({a, b}, 1)),
              testing::ElementsAre(x[0], x[1], x[2], y[0], y[1], x[3], x[4], x[5], y[2], y[3]));
}

}  // namespace
}  // namespace etna::test
