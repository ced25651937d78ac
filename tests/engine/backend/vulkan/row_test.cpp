#include <numeric>

#include "engine/ops/norm.h"
#include "engine/ops/random.h"
#include "engine/ops/reduce.h"
#include "engine/ops/rope.h"
#include "engine/ops/softmax.h"
#include "tests/engine/backend/vulkan/gpu.h"

namespace etna::test {
namespace {

class VulkanRows : public GpuTest {};

TEST_F(VulkanRows, SumsAndExtremesOfOddRows) {
  for (const DType dtype : floating_types) {
    SCOPED_TRACE(name(dtype));
    const Array x = random_array({3, 5, 613}, dtype, 1);
    const std::vector<double> values = doubles(x);
    std::vector<double> sums, largest, smallest;
    for (std::size_t row = 0; row < 15; ++row) {
      const auto first = values.begin() + row * 613;
      sums.push_back(std::accumulate(first, first + 613, 0.0));
      largest.push_back(*std::max_element(first, first + 613));
      smallest.push_back(*std::min_element(first, first + 613));
    }
    expect_close(run(sum(x, -1)), sums, tolerance(dtype), 10);
    expect_close(run(maximum_along(x, -1)), largest, 0);
    expect_close(run(reduce(ReduceKind::minimum, x, -1)), smallest, 0);
  }
}

TEST_F(VulkanRows, ReductionsFollowStrides) {
  const Array x = Array::from<float>({1, 2, 3, 4, 5, 6}, {2, 3});
  EXPECT_THAT(run(sum(x, 0)), testing::ElementsAre(5, 7, 9));
}

TEST_F(VulkanRows, ArgmaxGivesTheLowestIndexOfEquals) {
  std::vector<float> values(9001, -1);
  values[8700] = values[4300] = 5;
  const Array place = argmax(array_of(values, {9001}, DType::float16), -1);
  values[700] = values[300] = 5;
  const Array of_short = argmax(slice(array_of(values, {9001}, DType::float16), 0, 0, 1001), -1);
  const Array whole = argmax(ints({-5, 3, 7, 7, -9}, {5}), -1);
  const Array least = reduce(ReduceKind::minimum, ints({-5, 3, 7, 7, -9}, {5}), -1);
  const Array total = sum(ints({-5, 3, 7, 7, -9}, {5}), -1);
  const Array results[] = {place, of_short, whole, least, total};
  evaluate(results, gpu());
  EXPECT_EQ(place.to_vector<std::int32_t>()[0], 4300);
  EXPECT_EQ(of_short.to_vector<std::int32_t>()[0], 300);
  EXPECT_EQ(whole.to_vector<std::int32_t>()[0], 2);
  EXPECT_EQ(least.to_vector<std::int32_t>()[0], -9);
  EXPECT_EQ(total.to_vector<std::int32_t>()[0], 3);
}

TEST_F(VulkanRows, SoftmaxOfRowsWithLargeNumbers) {
  for (const DType dtype : floating_types) {
    SCOPED_TRACE(name(dtype));
    const Array x = random_array({4, 301}, dtype, 2, -60, 60);
    std::vector<double> expected = doubles(x);
    for (std::size_t row = 0; row < 4; ++row) {
      const auto first = expected.begin() + row * 301;
      const double largest = *std::max_element(first, first + 301);
      double total = 0;
      for (auto it = first; it != first + 301; ++it) total += * it = std::exp(*it - largest);
      for (auto it = first; it != first + 301; ++it) *it /= total;
    }
    expect_close(run(softmax(x)), expected, 2 * tolerance(dtype), 0.1);
  }
}

TEST_F(VulkanRows, RmsNormOfAlignedAndOddRows) {
  for (const std::int64_t n : {37, 64, 1100}) {
    for (const DType dtype : floating_types) {
      SCOPED_TRACE(testing::Message() << n << " " << name(dtype));
      const Array x = random_array({3, n}, dtype, 3, -2, 2);
      const Array weight = random_array({n}, DType::bfloat16, 4);
      std::vector<double> expected = doubles(x);
      const std::vector<double> w = doubles(weight);
      for (std::size_t row = 0; row < 3; ++row) {
        double squares = 0;
        for (std::int64_t i = 0; i < n; ++i) squares += expected[row * n + i] * expected[row * n + i];
        for (std::int64_t i = 0; i < n; ++i)
          expected[row * n + i] *= w[i] / std::sqrt(squares / static_cast<double>(n) + 1e-5);
      }
      expect_close(run(rms_norm(x, weight, 1e-5F)), expected, tolerance(dtype));
    }
  }
}

TEST_F(VulkanRows, RopeTurnsPairsAndCopiesTheRest) {
  const std::vector<float> frequencies{1, 0.1F, 0.01F};
  for (const DType dtype : floating_types) {
    SCOPED_TRACE(name(dtype));
    const Array x = random_array({2, 3, 2, 10}, dtype, 5);
    const std::vector<double> in = doubles(x);
    std::vector<double> expected = in;
    const int offsets[] = {7, 30000};
    for (int row = 0; row < 12; ++row) {
      const int position = offsets[row / 6] + row / 2 % 3;
      for (int i = 0; i < 3; ++i) {
        const double angle =
            static_cast<double>(static_cast<float>(position) * frequencies[static_cast<std::size_t>(i)]);
        const double a = in[row * 10 + i], b = in[row * 10 + i + 3];
        expected[row * 10 + i] = a * std::cos(angle) - b * std::sin(angle);
        expected[row * 10 + i + 3] = b * std::cos(angle) + a * std::sin(angle);
      }
    }
    const Array offset = ints({offsets[0], offsets[1]}, {2});
    expect_close(run(rope(x, offset, Array::from(frequencies, {3}))), expected, tolerance(dtype));
  }
}

TEST_F(VulkanRows, SamplingIsRepeatableAndFollowsTheDistribution) {
  const Array logits = Array::from<float>({0, std::log(3.0F), -100, -100, -100}, {5});
  const std::vector<std::uint32_t> seed{42, 7};
  int threes = 0;
  std::vector<std::int32_t> first;
  for (int round = 0; round < 2; ++round) {
    std::vector<Array> tokens;
    for (int i = 0; i < 200; ++i) tokens.push_back(sample_token(logits, Array::from(seed, {2}), ints({i}, {1}), 1));
    evaluate(tokens, gpu());
    std::vector<std::int32_t> drawn;
    for (const Array& token : tokens) drawn.push_back(token.to_vector<std::int32_t>()[0]);
    threes = static_cast<int>(std::ranges::count(drawn, 1));
    EXPECT_EQ(threes + std::ranges::count(drawn, 0), 200);
    EXPECT_EQ(round == 0 ? drawn : first, drawn);
    first = drawn;
  }
  EXPECT_NEAR(threes, 150, 25);
}

TEST_F(VulkanRows, ColdSamplingTakesTheLargest) {
  const Array logits = random_array({3001}, DType::float16, 9);
  const std::vector<float> values = logits.to_floats();
  const Array token = sample_token(logits, Array::from(std::vector<std::uint32_t>{1, 2}, {2}), ints({0}, {1}), 1e-5F);
  evaluate(token, gpu());
  EXPECT_EQ(token.to_vector<std::int32_t>()[0], std::ranges::max_element(values) - values.begin());
}

}  // namespace
}  // namespace etna::test
