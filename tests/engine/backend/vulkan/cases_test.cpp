#include "engine/backend/vulkan/vulkan_backend.h"
#include "tests/support/check_cases.h"

namespace etna {
namespace {

TEST(VulkanBackend, every_operation_agrees_with_its_definition) {
  test::check_cases(*vulkan::create_backend(0));
}

}  // namespace
}  // namespace etna
