#pragma once

#include <volk.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/backend/vulkan/instance.h"
#include "engine/backend/vulkan/vulkan_backend.h"

namespace etna::vulkan {

enum class DeviceKind : std::uint8_t { discrete, integrated, virtual_machine, software };

/// Cooperative matrices of 16 x 16 x 16 with float32 sums, by the type of their factors.
struct MatrixCaps {
  bool float16 = false;
  bool bfloat16 = false;
  bool emulated = false;  ///< for tests: any device
  int tile = -1;          ///< BackendOptions::tile
};

/// What a device can do beyond the baseline (Vulkan 1.2, buffer device addresses, timeline semaphores, 8- and 16-bit
/// storage, 64-bit integers, subgroup arithmetic and shuffles), and its limits.
struct DeviceCaps {
  std::string name;
  std::string driver;
  DeviceKind kind = DeviceKind::discrete;
  std::uint32_t subgroup_size = 32;    ///< of our pipelines; fixed where the driver lets us
  bool subgroup_size_control = false;  ///< the size is asked for at pipeline creation
  bool float16_arithmetic = false;
  bool integer_dot_product = false;
  bool external_memory_host = false;
  bool memory_budget = false;
  bool memory_priority = false;
  MatrixCaps matrices;
  std::uint32_t cores = 16;               ///< that run workgroups; a guess where the driver does not say
  std::uint32_t shared_memory_bytes = 0;  ///< of one workgroup
  std::uint32_t max_threads = 0;          ///< invocations of one workgroup
  std::uint32_t max_groups[3] = {};
  std::uint64_t host_pointer_alignment = 0;  ///< of imported pages
  double timestamp_period_ns = 0;            ///< 0: no timestamps

  bool shares_system_memory() const { return kind == DeviceKind::integrated || kind == DeviceKind::software; }

  /// Cautious guess of how long work takes, to bound submits (D7): bytes per second and flops per second.
  double estimated_bandwidth() const;
  double estimated_flops() const;
};

/// A logical device. Loss is for ever: every later call throws device_lost; the owner makes a new device.
class Device {
public:
  /// What `physical` lacks of the baseline; empty when it is usable.
  static std::string missing_features(VkPhysicalDevice physical);

  static std::shared_ptr<Device> create(std::shared_ptr<Instance> instance, VkPhysicalDevice physical,
                                        const BackendOptions& options = {});
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  VkDevice handle() const { return device_; }

  VkPhysicalDevice physical() const { return physical_; }

  const DeviceCaps& caps() const { return caps_; }

  std::uint32_t queue_family() const { return queue_family_; }

  /// Throws device_lost once the device is lost.
  void check_alive() const;

  void mark_lost() { lost_ = true; }

  /// Waits for everything submitted. Not for what a lost device has not finished: it may never be.
  void wait_idle() const;

  /// As vulkan::check, remembering loss.
  void check(VkResult result, const char* what);

private:
  Device() = default;

  std::shared_ptr<Instance> instance_;
  VkPhysicalDevice physical_ = VK_NULL_HANDLE;
  VkDevice device_ = VK_NULL_HANDLE;
  DeviceCaps caps_;
  std::uint32_t queue_family_ = 0;
  std::atomic<bool> lost_{false};
};

DeviceKind kind_of(const VkPhysicalDeviceProperties& properties);

/// "NVIDIA 580.159.04", "llvmpipe Mesa 22.3.6".
std::string driver_of(VkPhysicalDevice physical);

}  // namespace etna::vulkan
