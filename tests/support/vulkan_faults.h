#pragma once

#include <volk.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "engine/backend/vulkan/instance.h"

namespace etna::test {

/// Calls of the Vulkan interface that can be made to fail.
enum class VulkanCall {
  submit,
  wait,          ///< vkWaitSemaphores
  ask_progress,  ///< vkGetSemaphoreCounterValue
  allocate_memory,
  map_memory,
  bind_memory,
  create_buffer,
  create_pipeline,
  create_command_pool,
  allocate_commands,
  begin_commands,
};
inline constexpr int vulkan_call_count = 11;

/// Stands between the backend and the driver for as long as it lives: volk's function pointers name wrappers that count
/// calls and fail where they are told to. One at a time; to be made before the backend, to go after it.
class VulkanFaults {
public:
  VulkanFaults();
  ~VulkanFaults();
  VulkanFaults(const VulkanFaults&) = delete;
  VulkanFaults& operator=(const VulkanFaults&) = delete;

  /// The `nth` call from now on (1: the next) and all after it return `result`, until this is said again or calm(). A
  /// device that is lost stays so until a device is created.
  void fail(VulkanCall call, std::uint64_t nth, VkResult result);

  /// From the `nth` submit on, work is swallowed: submits succeed and nothing is ever finished, as in a driver that hangs.
  void hang(std::uint64_t nth);

  /// Each submit takes so long before the driver sees it.
  void delay_submits(std::chrono::microseconds time) { delay_ = time; }

  /// No more failures. Calls are counted from 0 again.
  void calm();

  /// Since the last fail(), hang() or calm().
  std::uint64_t calls(VulkanCall call) const { return state(call).calls; }

  /// Whether a failure has happened since then.
  bool failed() const { return failed_; }

  /// For the wrappers: what to return instead of calling the driver.
  std::optional<VkResult> intercept(VulkanCall call);
  void device_created() { lost_ = false; }

private:
  struct State {
    std::atomic<std::uint64_t> calls{0};
    std::uint64_t nth = 0;  // 0: never
    VkResult result = VK_SUCCESS;
  };

  const State& state(VulkanCall call) const { return states_[static_cast<std::size_t>(call)]; }

  std::shared_ptr<vulkan::Instance> instance_;  // while it lives nobody loads volk's pointers anew
  std::array<State, vulkan_call_count> states_;
  std::chrono::microseconds delay_{0};
  std::atomic<bool> failed_{false};
  std::atomic<bool> lost_{false};
};

}  // namespace etna::test
