#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "engine/backend/vulkan/device.h"
#include "engine/backend/vulkan/handle.h"

namespace etna::vulkan {

/// How long the computer has slept since it was started: grows only while it is suspended.
std::chrono::nanoseconds time_asleep();

struct QueueOptions {
  /// How long a device may take for one submit beyond three times what was expected (desktop.md M7); none: 10 s, and 5
  /// minutes for a software device, which shares the processor with everything else.
  std::optional<std::chrono::nanoseconds> patience = {};
  std::function<std::chrono::nanoseconds()> asleep = time_asleep;
};

/// The device's queue and its clock: each submit raises a timeline semaphore by one. Any thread.
class Queue {
public:
  explicit Queue(std::shared_ptr<Device> device, QueueOptions options = {});
  ~Queue();  ///< waits for everything submitted

  /// Submits command buffers, each as a piece of work of its own (D7), in order. `seconds` says how long each is expected
  /// to take (none: no time worth speaking of). Returns the value that the last one signals. After the computer slept,
  /// asks the device first whether it is still there. Throws device_lost, out_of_memory.
  std::uint64_t submit(std::span<const VkCommandBuffer> buffers, std::span<const double> seconds = {});

  /// Waits until the timeline reaches `value`. A device that takes much longer for a submit than expected is declared
  /// lost: throws device_lost.
  void wait(std::uint64_t value);

  /// Waits for everything submitted so far.
  void wait_idle() { wait(submitted()); }

  std::uint64_t submitted() const;

  const std::shared_ptr<Device>& device() const { return device_; }

private:
  std::uint64_t completed() const;
  std::chrono::nanoseconds patience_for(std::uint64_t value) const;
  void submit_locked(std::span<const VkCommandBuffer> buffers, std::span<const double> seconds);
  void check_after_sleep();
  void wait_for(std::uint64_t value, std::optional<std::chrono::nanoseconds> most);

  // Expected times are kept for so many submits; more are never in flight.
  static constexpr std::size_t remembered = 1024;

  std::shared_ptr<Device> device_;
  QueueOptions options_;
  VkQueue queue_ = VK_NULL_HANDLE;
  SemaphoreHandle timeline_;
  mutable std::mutex mutex_;  // guards all below and queue_
  std::uint64_t submitted_ = 0;
  std::array<float, remembered> expected_seconds_{};  // of the submit that signals value: at value % remembered
  std::chrono::nanoseconds asleep_{0};                // at the last submit
  std::vector<std::uint64_t> values_;                 // of the submit in hand: kept, so that none is allocated again
  std::vector<VkTimelineSemaphoreSubmitInfo> timelines_;
  std::vector<VkSubmitInfo> submits_;
};

}  // namespace etna::vulkan
