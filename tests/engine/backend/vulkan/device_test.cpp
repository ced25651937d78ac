#include "engine/backend/vulkan/device.h"

#include "engine/base/error.h"
#include "tests/engine/backend/vulkan/gpu.h"

namespace etna::test {
namespace {

class VulkanDevice : public GpuTest {};

TEST_F(VulkanDevice, EnumerationDescribesDevicesBestFirst) {
  const auto devices = vulkan::enumerate_devices();
  ASSERT_FALSE(devices.empty());
  for (std::size_t i = 0; i < devices.size(); ++i) {
    EXPECT_EQ(devices[i].index, static_cast<int>(i));
    EXPECT_FALSE(devices[i].name.empty());
    EXPECT_FALSE(devices[i].driver.empty());
    EXPECT_GT(devices[i].memory_bytes, 0u);
    EXPECT_LE(devices[i].available_bytes, devices[i].memory_bytes);
    EXPECT_LE(devices[i > 0 ? i - 1 : 0].is_software, devices[i].is_software);
  }
}

TEST_F(VulkanDevice, ADeviceThatDoesNotExistIsAnError) {
  try {
    vulkan::create_backend(1000);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::not_found);
  }
}

TEST_F(VulkanDevice, ABackendNamesItsDevice) {
  EXPECT_TRUE(gpu().is_gpu());
  EXPECT_EQ(gpu().name(), vulkan::enumerate_devices()[0].name + " (vulkan)");
}

TEST_F(VulkanDevice, LossIsSticky) {
  const auto instance = vulkan::Instance::get();
  std::shared_ptr<vulkan::Device> device;
  for (VkPhysicalDevice physical : instance->physical_devices()) {
    if (vulkan::Device::missing_features(physical).empty()) device = vulkan::Device::create(instance, physical);
  }
  ASSERT_NE(device, nullptr);
  device->check_alive();
  EXPECT_THROW(device->check(VK_ERROR_DEVICE_LOST, "a test"), Error);
  try {
    device->check_alive();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::device_lost);
  }
}

}  // namespace
}  // namespace etna::test
