#pragma once

#include <volk.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace etna::vulkan {

/// The process's connection to the Vulkan loader; shared by all devices, gone with the last one.
class Instance {
public:
  /// Null without a loader or with one older than 1.2.
  static std::shared_ptr<Instance> get();
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  std::vector<VkPhysicalDevice> physical_devices() const;

  VkInstance handle() const { return instance_; }

private:
  Instance() = default;

  VkInstance instance_ = VK_NULL_HANDLE;
  VkDebugUtilsMessengerEXT messenger_ = VK_NULL_HANDLE;
};

/// Whether ETNA_VULKAN_VALIDATION=1 asks for the validation layers (core and synchronisation).
bool validation_requested();

/// Whether the layers are there and on, in the current instance.
bool validation_active();

/// Warnings and errors of the validation layers since the process started.
std::uint64_t validation_message_count();

}  // namespace etna::vulkan
