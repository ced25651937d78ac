#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>

#include "engine/backend/vulkan/device.h"
#include "engine/backend/vulkan/handle.h"

namespace etna::vulkan {

/// The device's queue and its clock: each submit raises a timeline semaphore by one. Any thread.
class Queue {
public:
  explicit Queue(std::shared_ptr<Device> device);
  ~Queue();  ///< waits for everything submitted

  /// Submits command buffers, each as a piece of work of its own (D7), in order. Returns the value that the last one
  /// signals. Throws device_lost, out_of_memory.
  std::uint64_t submit(std::span<const VkCommandBuffer> buffers);

  /// Waits until the timeline reaches `value`. A device that finishes nothing for `stall limit` is declared lost.
  void wait(std::uint64_t value);

  /// Waits for everything submitted so far.
  void wait_idle() { wait(submitted()); }

  std::uint64_t submitted() const;

  const std::shared_ptr<Device>& device() const { return device_; }

private:
  std::uint64_t completed() const;

  std::shared_ptr<Device> device_;
  VkQueue queue_ = VK_NULL_HANDLE;
  SemaphoreHandle timeline_;
  mutable std::mutex mutex_;  // guards queue_ and submitted_
  std::uint64_t submitted_ = 0;
};

}  // namespace etna::vulkan
