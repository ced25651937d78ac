// The shared case list with every product, however small, on matrix units: the device's own and those in plain
// arithmetic.
#include "engine/backend/vulkan/vulkan_backend.h"
#include "tests/support/check_cases.h"

namespace etna {
namespace {

class MatrixCases : public testing::TestWithParam<int> {
protected:
  void check(vulkan::MatrixUnits units) const {
    if (vulkan::enumerate_devices().empty()) GTEST_SKIP() << "no Vulkan device";
    // Keeps the driver in memory: loading it anew for each test fails after a while.
    static const std::unique_ptr<Backend> first = vulkan::create_backend(0);
    test::check_cases(*vulkan::create_backend(0, nullptr, {.matrices = units, .tile = GetParam()}),
                      [](const std::string& name) {
                        return name.starts_with("matmul") || name.starts_with("attention") ||
                               name.starts_with("quantized") || name.starts_with("expert");
                      });
  }
};

TEST_P(MatrixCases, agree_on_the_devices_own_units) {
  check(vulkan::MatrixUnits::automatic);
}

INSTANTIATE_TEST_SUITE_P(Some, MatrixCases, testing::Values(0, 2, 8, 12));

/// Any device does that, slowly: one tile with all its ways to lie in memory.
class EmulatedMatrixCases : public MatrixCases {};

TEST_P(EmulatedMatrixCases, agree_in_plain_arithmetic) {
  check(vulkan::MatrixUnits::emulated);
}

INSTANTIATE_TEST_SUITE_P(Some, EmulatedMatrixCases, testing::Values(12));

}  // namespace
}  // namespace etna
