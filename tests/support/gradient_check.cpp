#include "tests/support/gradient_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "engine/autograd/vjp.h"
#include "engine/ops/elementwise.h"
#include "tests/support/random_arrays.h"
#include "tests/support/reference.h"

namespace etna::test {

namespace {

using Direction = std::vector<double>;

constexpr std::int64_t most_elements = 48;  // that are looked at one by one
constexpr int directions_of_large_inputs = 8;
constexpr float step = 1e-3f;

std::vector<Direction> directions(std::int64_t size) {
  std::vector<Direction> all;
  if (size <= most_elements) {
    for (std::int64_t i = 0; i < size; ++i) {
      all.emplace_back(static_cast<std::size_t>(size), 0.0);
      all.back()[static_cast<std::size_t>(i)] = 1;
    }
    return all;
  }
  std::mt19937 random(7);
  for (int i = 0; i < directions_of_large_inputs; ++i) {
    all.emplace_back();
    for (std::int64_t j = 0; j < size; ++j) all.back().push_back(random() % 2 == 0 ? -1 : 1);
  }
  return all;
}

/// Central differences; steps are as long as float32 makes them.
class Differences {
public:
  Differences(const GradientCase& gradient_case, const std::vector<double>& cotangent)
      : case_(gradient_case), cotangent_(cotangent) {
    for (const Array& input : gradient_case.inputs) values_.push_back(input.to_floats());
  }

  double along(std::size_t input, const Direction& direction) const {
    double slope = 0;
    const std::vector<float>& x = values_[input];
    std::vector<float> ahead = x, behind = x;
    for (std::size_t i = 0; i < x.size(); ++i) {
      ahead[i] += step * static_cast<float>(direction[i]);
      behind[i] -= step * static_cast<float>(direction[i]);
    }
    slope = (value(input, ahead) - value(input, behind)) / (2 * static_cast<double>(step));
    return slope;
  }

private:
  double value(std::size_t changed, const std::vector<float>& values) const {
    std::vector<Array> inputs;
    for (std::size_t i = 0; i < values_.size(); ++i)
      inputs.push_back(Array::from(i == changed ? values : values_[i], case_.inputs[i].shape()));
    const std::vector<double> y = reference(case_.function(inputs));
    double total = 0;
    for (std::size_t i = 0; i < y.size(); ++i) total += cotangent_[i] * y[i];
    return total;
  }

  const GradientCase& case_;
  const std::vector<double>& cotangent_;
  std::vector<std::vector<float>> values_;
};

}  // namespace

void check_gradients(const GradientCase& gradient_case, Backend& backend) {
  SCOPED_TRACE(gradient_case.name);
  const Array sample = gradient_case.function(gradient_case.inputs);
  const Array cotangent = random_array(sample.shape(), sample.dtype(), 99);
  const std::vector<float> floats = cotangent.to_floats();
  const std::vector<double> weights(floats.begin(), floats.end());
  const Function function = [&](const std::vector<Array>& inputs) {
    return std::vector<Array>{gradient_case.function(inputs)};
  };
  std::vector<Array> found;
  try {
    found = vjp(function, gradient_case.inputs, {cotangent}).gradients;
    evaluate(found, backend);
  } catch (const std::exception& error) {
    ADD_FAILURE() << error.what();
    return;
  }
  const Differences differences(gradient_case, weights);
  for (std::size_t input = 0; input < found.size(); ++input) {
    EXPECT_EQ(found[input].dtype(), gradient_case.inputs[input].dtype());
    ASSERT_EQ(found[input].shape(), gradient_case.inputs[input].shape());
    const std::vector<float> gradient = found[input].to_floats();
    double worst = 0, scale = 1;
    for (const Direction& direction : directions(found[input].size())) {
      double slope = 0;
      for (std::size_t i = 0; i < direction.size(); ++i) slope += direction[i] * static_cast<double>(gradient[i]);
      const double expected = differences.along(input, direction), error = std::fabs(slope - expected);
      worst = std::isnan(error) ? INFINITY : std::max(worst, error);
      scale = std::max(scale, std::fabs(expected));
    }
    EXPECT_LE(worst, gradient_case.tolerance * scale) << "input " << input;
  }
}

}  // namespace etna::test
