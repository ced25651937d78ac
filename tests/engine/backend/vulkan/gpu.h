#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <random>
#include <vector>

#include "engine/array/array.h"
#include "engine/array/backend.h"
#include "engine/array/schedule.h"
#include "engine/backend/vulkan/vulkan_backend.h"
#include "engine/base/half.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/view.h"

namespace etna::test {

/// The first device: one for the whole program, since making pipelines is slow.
inline Backend& gpu() {
  static const std::unique_ptr<Backend> backend = vulkan::create_backend(0);
  return *backend;
}

/// Skips where there is no device at all.
class GpuTest : public testing::Test {
protected:
  void SetUp() override {
    if (vulkan::enumerate_devices().empty()) GTEST_SKIP() << "no Vulkan device";
  }
};

/// Numbers in [low, high), the same on every run.
inline std::vector<float> numbers(std::int64_t count, unsigned seed, float low = -1, float high = 1) {
  std::mt19937 engine(seed);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) {
    value = low + (high - low) * static_cast<float>(engine() >> 8) / static_cast<float>(1 << 24);
  }
  return values;
}

inline Array array_of(const std::vector<float>& values, Shape shape, DType dtype) {
  if (dtype == DType::float32) return Array::from(values, std::move(shape));
  if (dtype == DType::float16) {
    std::vector<Float16> halves;
    for (const float value : values) halves.push_back(to_float16(value));
    return Array::from(halves, std::move(shape));
  }
  std::vector<BFloat16> halves;
  for (const float value : values) halves.push_back(to_bfloat16(value));
  return Array::from(halves, std::move(shape));
}

inline Array random_array(Shape shape, DType dtype, unsigned seed, float low = -1, float high = 1) {
  const std::int64_t count = element_count(shape);
  return array_of(numbers(count, seed, low, high), std::move(shape), dtype);
}

inline Array ints(const std::vector<std::int32_t>& values, Shape shape) {
  return Array::from(values, std::move(shape));
}

/// What an array holds, as doubles.
inline std::vector<double> doubles(const Array& array) {
  const std::vector<float> values = array.to_floats();
  return {values.begin(), values.end()};
}

inline std::vector<float> run(const Array& array) {
  evaluate(array, gpu());
  return array.to_floats();
}

/// Relative rounding of one store in a dtype, with room for sums in another order.
inline double tolerance(DType dtype) {
  return dtype == DType::float32 ? 1e-5 : dtype == DType::float16 ? 1.2e-3 : 9e-3;
}

inline void expect_close(const std::vector<float>& actual, const std::vector<double>& expected, double relative,
                         double scale = 1) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    if (std::isnan(expected[i]) && std::isnan(actual[i])) continue;
    if (std::isinf(expected[i]) && static_cast<double>(actual[i]) == expected[i]) continue;
    ASSERT_NEAR(actual[i], expected[i], relative * std::max(std::abs(expected[i]), scale)) << "element " << i;
  }
}

inline constexpr DType floating_types[] = {DType::float32, DType::float16, DType::bfloat16};

}  // namespace etna::test
