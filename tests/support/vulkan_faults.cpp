#include "tests/support/vulkan_faults.h"

#include <thread>

namespace etna::test {

namespace {

VulkanFaults* current = nullptr;

/// A wrapper of the function behind volk's `Pointer`.
template <auto* Pointer, VulkanCall Call>
struct Wrapper;

template <class... Args, VkResult(VKAPI_PTR** Pointer)(Args...), VulkanCall Call>
struct Wrapper<Pointer, Call> {
  static inline VkResult(VKAPI_PTR* original)(Args...) = nullptr;

  static VKAPI_ATTR VkResult VKAPI_CALL call(Args... args) {
    if (const std::optional<VkResult> result = current->intercept(Call)) return *result;
    return original(args...);
  }

  static void install() {
    original = *Pointer;
    *Pointer = call;
  }

  static void remove() { *Pointer = original; }
};

PFN_vkCreateDevice create_device = nullptr;

VKAPI_ATTR VkResult VKAPI_CALL on_create_device(VkPhysicalDevice physical, const VkDeviceCreateInfo* info,
                                                const VkAllocationCallbacks* callbacks, VkDevice* device) {
  current->device_created();
  return create_device(physical, info, callbacks, device);
}

template <class Action>
void for_each_wrapper(const Action& action) {
  action(Wrapper<&vkQueueSubmit, VulkanCall::submit>());
  action(Wrapper<&vkWaitSemaphores, VulkanCall::wait>());
  action(Wrapper<&vkGetSemaphoreCounterValue, VulkanCall::ask_progress>());
  action(Wrapper<&vkAllocateMemory, VulkanCall::allocate_memory>());
  action(Wrapper<&vkMapMemory, VulkanCall::map_memory>());
  action(Wrapper<&vkBindBufferMemory, VulkanCall::bind_memory>());
  action(Wrapper<&vkCreateBuffer, VulkanCall::create_buffer>());
  action(Wrapper<&vkCreateComputePipelines, VulkanCall::create_pipeline>());
  action(Wrapper<&vkCreateCommandPool, VulkanCall::create_command_pool>());
  action(Wrapper<&vkAllocateCommandBuffers, VulkanCall::allocate_commands>());
  action(Wrapper<&vkBeginCommandBuffer, VulkanCall::begin_commands>());
}

}  // namespace

VulkanFaults::VulkanFaults() : instance_(vulkan::Instance::get()) {
  current = this;
  if (!instance_) return;
  for_each_wrapper([](auto wrapper) { wrapper.install(); });
  create_device = vkCreateDevice;
  vkCreateDevice = on_create_device;
}

VulkanFaults::~VulkanFaults() {
  if (instance_) {
    for_each_wrapper([](auto wrapper) { wrapper.remove(); });
    vkCreateDevice = create_device;
  }
  current = nullptr;
}

void VulkanFaults::fail(VulkanCall call, std::uint64_t nth, VkResult result) {
  calm();
  State& state = states_[static_cast<std::size_t>(call)];
  state.nth = nth;
  state.result = result;
}

void VulkanFaults::hang(std::uint64_t nth) { fail(VulkanCall::submit, nth, VK_SUCCESS); }

void VulkanFaults::calm() {
  for (State& state : states_) {
    state.calls = 0;
    state.nth = 0;
  }
  failed_ = false;
}

std::optional<VkResult> VulkanFaults::intercept(VulkanCall call) {
  State& state = states_[static_cast<std::size_t>(call)];
  const std::uint64_t number = ++state.calls;
  const bool touches_device = call == VulkanCall::submit || call == VulkanCall::wait || call == VulkanCall::ask_progress;
  if (lost_ && touches_device) return VK_ERROR_DEVICE_LOST;
  if (call == VulkanCall::submit && delay_.count() > 0) std::this_thread::sleep_for(delay_);
  if (state.nth == 0 || number < state.nth) return std::nullopt;
  failed_ = true;
  if (state.result == VK_ERROR_DEVICE_LOST) lost_ = true;
  return state.result;
}

}  // namespace etna::test
