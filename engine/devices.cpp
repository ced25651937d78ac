#include "engine/devices.h"

#include <algorithm>
#include <charconv>
#include <utility>

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

/// What find_devices() says of the device that open_device() opens. The processor is asked alone: looking for graphics
/// devices takes time. Other ids are open_device()'s to refuse.
DeviceInfo describe_request(const std::string& id) {
  if (id == "cpu") return describe_processor();
  for (const DeviceInfo& info : known_devices()) {
    if (id.empty() || id == info.id || (id == "vulkan" && info.id.starts_with("vulkan"))) return info;
  }
  DeviceInfo unknown;
  unknown.id = unknown.name = id;
  return unknown;
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

const std::vector<DeviceInfo>& known_devices() {
  static const std::vector<DeviceInfo> devices = find_devices();
  return devices;
}

std::shared_ptr<Backend> open_device(const std::string& id, const std::shared_ptr<MemoryLedger>& ledger) {
  if (id == "cpu") return cpu::create_backend(0, ledger);
  if (id == "vulkan" || id.starts_with("vulkan:")) return open_vulkan(id, ledger);
  if (!id.empty()) fail(Errc::invalid_argument, "device '{}' is not known: cpu, vulkan and vulkan:N are", id);
  const bool has_gpu = !vulkan_devices().empty() && !vulkan_devices().front().is_software;
  if (has_gpu) return open_vulkan("vulkan", ledger);
  return cpu::create_backend(0, ledger);
}

OpenDevices::OpenDevices(std::shared_ptr<MemoryLedger> ledger, Opener opener) : ledger_(std::move(ledger)), opener_(std::move(opener)) {}

OpenDevice OpenDevices::open(const std::string& id) {
  const DeviceInfo info = describe_request(id);
  const std::lock_guard one_at_a_time(opening_);
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(devices_, info.id, [](const OpenDevice& device) { return device.info.id; });
    if (found != devices_.end()) return *found;
  }
  OpenDevice device{opener_(info.id, ledger_), info};
  const std::lock_guard lock(mutex_);
  device.backend->allocator()->set_cache_limit(reuse_cache_);
  devices_.push_back(device);
  return device;
}

void OpenDevices::forget(const std::string& id) {
  OpenDevice gone;  // closed without the lock
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(devices_, id, [](const OpenDevice& device) { return device.info.id; });
  if (found == devices_.end()) return;
  gone = std::move(*found);
  devices_.erase(found);
}

std::vector<DeviceInfo> OpenDevices::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<DeviceInfo> infos;
  for (const OpenDevice& device : devices_) infos.push_back(device.info);
  return infos;
}

void OpenDevices::set_reuse_cache(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  reuse_cache_ = bytes;
  for (const OpenDevice& device : devices_) device.backend->allocator()->set_cache_limit(bytes);
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
