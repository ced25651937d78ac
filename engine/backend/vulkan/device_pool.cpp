#include "engine/backend/vulkan/device_pool.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

namespace etna::vulkan {

namespace {

class DevicePool final : public MemoryPool {
public:
  DevicePool(std::shared_ptr<Device> device, std::uint32_t heap, std::string id, bool in_system_memory)
      : device_(std::move(device)), heap_(heap), id_(std::move(id)), in_system_memory_(in_system_memory) {
    name_ = device_->caps().name;
    if (in_system_memory_) name_ += " (shared)";
  }

  const std::string& id() const override { return id_; }
  const std::string& name() const override { return name_; }
  std::shared_ptr<MemoryPool> parent() const override { return in_system_memory_ ? system_pool() : nullptr; }

  PoolBudget budget(std::uint64_t held) const override {
    VkPhysicalDeviceMemoryBudgetPropertiesEXT said{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT};
    VkPhysicalDeviceMemoryProperties2 properties{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2, nullptr, {}};
    const bool known = device_->caps().memory_budget;
    if (known) properties.pNext = &said;
    vkGetPhysicalDeviceMemoryProperties2(device_->physical(), &properties);
    const std::uint64_t size = properties.memoryProperties.memoryHeaps[heap_].size;
    if (known) return {size, said.heapBudget[heap_] - std::min(said.heapBudget[heap_], said.heapUsage[heap_]), true};
    const std::uint64_t most = size - size / 10;
    return {size, most - std::min(most, held), false};
  }

private:
  std::shared_ptr<Device> device_;
  std::uint32_t heap_;
  std::string id_;
  std::string name_;
  bool in_system_memory_;
};

}  // namespace

std::shared_ptr<MemoryPool> create_device_pool(std::shared_ptr<Device> device, std::uint32_t heap, std::string id, bool in_system_memory) {
  return std::make_shared<DevicePool>(std::move(device), heap, std::move(id), in_system_memory);
}

std::uint64_t carve_out_bytes(VkPhysicalDevice physical) {
  VkPhysicalDevicePCIBusInfoPropertiesEXT pci{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PCI_BUS_INFO_PROPERTIES_EXT};
  VkPhysicalDeviceProperties2 properties{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, &pci, {}};
  vkGetPhysicalDeviceProperties2(physical, &properties);
  constexpr std::uint32_t amd = 0x1002;  // the one vendor whose driver writes the file
  if (properties.properties.vendorID != amd) return 0;
  std::ifstream file(fmt::format("/sys/bus/pci/devices/{:04x}:{:02x}:{:02x}.{:x}/mem_info_vram_total", pci.pciDomain, pci.pciBus,
                                 pci.pciDevice, pci.pciFunction));
  std::uint64_t bytes = 0;
  file >> bytes;
  return bytes;
}

}  // namespace etna::vulkan
