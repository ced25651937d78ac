#pragma once

#include <volk.h>

#include <utility>

namespace etna::vulkan {

/// Owns one object of a device. `Destroy` points to volk's function pointer, which is known only at run time.
template <class T, auto* Destroy>
class Handle {
public:
  Handle() = default;

  Handle(VkDevice device, T handle) : device_(device), handle_(handle) {}

  Handle(Handle&& other) noexcept : device_(other.device_), handle_(std::exchange(other.handle_, VK_NULL_HANDLE)) {}

  Handle& operator=(Handle&& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(handle_, other.handle_);
    return *this;
  }

  ~Handle() {
    if (handle_ != VK_NULL_HANDLE) (*Destroy)(device_, handle_, nullptr);
  }

  T get() const { return handle_; }

  explicit operator bool() const { return handle_ != VK_NULL_HANDLE; }

private:
  VkDevice device_ = VK_NULL_HANDLE;
  T handle_ = VK_NULL_HANDLE;
};

using SemaphoreHandle = Handle<VkSemaphore, &vkDestroySemaphore>;
using CommandPoolHandle = Handle<VkCommandPool, &vkDestroyCommandPool>;
using BufferHandle = Handle<VkBuffer, &vkDestroyBuffer>;
using MemoryHandle = Handle<VkDeviceMemory, &vkFreeMemory>;
using PipelineHandle = Handle<VkPipeline, &vkDestroyPipeline>;
using PipelineLayoutHandle = Handle<VkPipelineLayout, &vkDestroyPipelineLayout>;
using PipelineCacheHandle = Handle<VkPipelineCache, &vkDestroyPipelineCache>;
using ShaderModuleHandle = Handle<VkShaderModule, &vkDestroyShaderModule>;
using QueryPoolHandle = Handle<VkQueryPool, &vkDestroyQueryPool>;

/// Throws Error for anything but VK_SUCCESS: out_of_memory, device_lost or unsupported, naming what was tried.
void check(VkResult result, const char* what);

}  // namespace etna::vulkan
