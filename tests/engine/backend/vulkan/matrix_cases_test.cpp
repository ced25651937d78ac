// The shared case list with every product, however small, on matrix units: the device's own and those in plain
// arithmetic.
#include <algorithm>
#include <initializer_list>
#include <string>

#include "engine/backend/vulkan/vulkan_backend.h"
#include "tests/engine/backend/vulkan/matrix_support.h"
#include "tests/support/check_cases.h"

namespace etna {
namespace {

class MatrixCases : public testing::TestWithParam<int> {
protected:
  void check(vulkan::MatrixUnits units, std::initializer_list<const char*> kinds) const {
    if (vulkan::enumerate_devices().empty()) GTEST_SKIP() << "no Vulkan device";
    // Keeps the driver in memory: loading it anew for each test fails after a while.
    static const std::unique_ptr<Backend> first = vulkan::create_backend(0);
    const std::unique_ptr<Backend> backend = vulkan::create_backend(0, nullptr, {.matrices = units, .tile = GetParam()});
    if (!test::has_matrices(*backend)) GTEST_SKIP() << "the device has no matrices";
    test::check_cases(*backend, [&](const std::string& name) {
      return std::ranges::any_of(kinds, [&](const char* kind) { return name.starts_with(kind); });
    });
  }
};

TEST_P(MatrixCases, agree_on_the_devices_own_units) {
  check(vulkan::MatrixUnits::automatic, {"matmul", "attention", "quantized", "expert"});
}

INSTANTIATE_TEST_SUITE_P(Some, MatrixCases, testing::Values(0, 2, 8, 12));

/// Any device does that, slowly: one tile, and of the kinds of products the plain one.
class EmulatedMatrixCases : public MatrixCases {};

TEST_P(EmulatedMatrixCases, agree_in_plain_arithmetic) {
  check(vulkan::MatrixUnits::emulated, {"matmul"});
}

INSTANTIATE_TEST_SUITE_P(Some, EmulatedMatrixCases, testing::Values(12));

}  // namespace
}  // namespace etna
