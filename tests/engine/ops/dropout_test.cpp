#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/backend/vulkan/vulkan_backend.h"
#include "engine/base/error.h"
#include "engine/base/half.h"
#include "engine/ops/random.h"

namespace etna {
namespace {

constexpr std::int64_t count = 10'003;

std::vector<float> dropped(Backend& backend, float share, std::int32_t counter = 3, std::int32_t stream = 5,
                           DType dtype = DType::float32) {
  const Array x = dtype == DType::float32 ? Array::from(std::vector<float>(count, 2), {count})
                                          : Array::from(std::vector<BFloat16>(count, to_bfloat16(2)), {count});
  const Array seed = Array::from(std::vector<std::uint32_t>{7, 9}, {2}),
              at = Array::from(std::vector<std::int32_t>{counter}, {1});
  const Array y = dropout(x, share, seed, at, stream);
  evaluate(y, backend);
  return y.to_floats();
}

TEST(Dropout, LeavesOutItsShareAndMakesUpForIt) {
  const auto backend = cpu::create_backend(2);
  const std::vector<float> y = dropped(*backend, 0.25f);
  const auto zeros = std::ranges::count(y, 0.0f);
  EXPECT_NEAR(static_cast<double>(zeros) / count, 0.25, 0.02);
  for (const float value : y) ASSERT_TRUE(value == 0 || std::abs(value - 2 / 0.75f) < 1e-6f);
}

TEST(Dropout, DrawsBySeedCounterAndStream) {
  const auto backend = cpu::create_backend(2);
  const std::vector<float> y = dropped(*backend, 0.5f);
  EXPECT_EQ(dropped(*backend, 0.5f), y);
  EXPECT_NE(dropped(*backend, 0.5f, 4), y);
  EXPECT_NE(dropped(*backend, 0.5f, 3, 6), y);
  EXPECT_EQ(std::ranges::count(dropped(*backend, 0), 2.0f), count);
}

TEST(Dropout, IsTheSameOnAGraphicsDevice) {
  if (vulkan::enumerate_devices().empty()) GTEST_SKIP() << "no Vulkan device";
  const auto processor = cpu::create_backend(2);
  const std::unique_ptr<Backend> device = vulkan::create_backend(0);
  for (const DType dtype : {DType::float32, DType::bfloat16}) {
    EXPECT_EQ(dropped(*device, 0.3f, 3, 5, dtype), dropped(*processor, 0.3f, 3, 5, dtype));
  }
}

TEST(Dropout, RefusesSharesThatLeaveNothing) {
  EXPECT_THROW(dropped(*cpu::create_backend(1), 1), Error);
}

}  // namespace
}  // namespace etna
