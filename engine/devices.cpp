#include "engine/devices.h"

#include <algorithm>
#include <charconv>
#include <mutex>

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/backend/vulkan/vulkan_backend.h"
#include "engine/base/error.h"
#include "engine/memory/pool.h"

namespace etna {

namespace {

DeviceInfo describe(const vulkan::DeviceDescription& device) {
  return {.id = "vulkan:" + std::to_string(device.index),
          .name = device.name,
          .is_gpu = !device.is_software,
          .shares_system_memory = device.integrated || device.is_software,
          .memory_bytes = device.memory_bytes,
          .available_bytes = device.available_bytes,
          .driver = device.driver};
}

DeviceInfo describe_processor() {
  const PoolBudget budget = system_pool()->budget(0);
  return {.id = "cpu",
          .name = cpu::processor_name(),
          .is_gpu = false,
          .shares_system_memory = true,
          .memory_bytes = budget.capacity,
          .available_bytes = budget.available,
          .driver = cpu::instruction_sets()};
}

const std::vector<vulkan::DeviceDescription>& vulkan_devices() {
  static const std::vector<vulkan::DeviceDescription> devices = vulkan::enumerate_devices();
  return devices;
}

std::shared_ptr<Backend> open_vulkan(const std::string& id, const std::shared_ptr<MemoryLedger>& ledger) {
  const auto& devices = vulkan_devices();
  if (devices.empty()) fail(Errc::not_found, "no usable Vulkan device was found; --device cpu uses the processor");
  int index = devices.front().index;
  if (id != "vulkan") {
    const std::string number = id.substr(std::string("vulkan:").size());
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), index);
    if (error != std::errc{} || end != number.data() + number.size()) fail(Errc::invalid_argument, "device '{}': 'vulkan:' and a number were expected", id);
  }
  return vulkan::create_backend(index, ledger);
}

}  // namespace

std::vector<DeviceInfo> find_devices() {
  std::vector<DeviceInfo> result;
  for (const auto& device : vulkan_devices()) {
    if (!device.is_software) result.push_back(describe(device));
  }
  result.push_back(describe_processor());
  for (const auto& device : vulkan_devices()) {
    if (device.is_software) result.push_back(describe(device));
  }
  return result;
}

std::shared_ptr<Backend> open_device(const std::string& id, const std::shared_ptr<MemoryLedger>& ledger) {
  if (id == "cpu") return cpu::create_backend(0, ledger);
  if (id == "vulkan" || id.starts_with("vulkan:")) return open_vulkan(id, ledger);
  if (!id.empty()) fail(Errc::invalid_argument, "device '{}' is not known: cpu, vulkan and vulkan:N are", id);
  const bool has_gpu = !vulkan_devices().empty() && !vulkan_devices().front().is_software;
  if (has_gpu) return open_vulkan("vulkan", ledger);
  return cpu::create_backend(0, ledger);
}

double read_speed(const DeviceInfo& device) {
  constexpr double software = 1e9;  // of lavapipe's kernels, whatever the processor could do
  if (device.id != "cpu" && !device.is_gpu) return software;
  if (device.shares_system_memory) return cpu::read_speed();
  // Cards come with about as much bandwidth as it takes to read their memory 36 times a second (8 GiB at 290 GB/s,
  // 24 GiB at 900, 141 GB at 4,800); small and old ones with more.
  constexpr double reads_a_second = 36, slowest = 200e9, fastest = 5e12;
  return std::clamp(static_cast<double>(device.memory_bytes) * reads_a_second, slowest, fastest);
}

}  // namespace etna
