#include "engine/backend/vulkan/queue.h"

#include <chrono>
#include <vector>

namespace etna::vulkan {

namespace {

using Clock = std::chrono::steady_clock;

/// A submit holds about 100 ms of work by a cautious estimate, so a device that finishes none for this long is stuck. A
/// software device shares the processor with everything else and gets more.
std::chrono::seconds stall_limit(const DeviceCaps& caps) {
  return std::chrono::seconds(caps.kind == DeviceKind::software ? 300 : 20);
}

}  // namespace

Queue::Queue(std::shared_ptr<Device> device) : device_(std::move(device)) {
  vkGetDeviceQueue(device_->handle(), device_->queue_family(), 0, &queue_);
  VkSemaphoreTypeCreateInfo type{VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO};
  type.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE;
  const VkSemaphoreCreateInfo info{VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, &type, 0};
  VkSemaphore semaphore = VK_NULL_HANDLE;
  device_->check(vkCreateSemaphore(device_->handle(), &info, nullptr, &semaphore), "creating a timeline semaphore");
  timeline_ = {device_->handle(), semaphore};
}

Queue::~Queue() {
  vkDeviceWaitIdle(device_->handle());
}

std::uint64_t Queue::submit(std::span<const VkCommandBuffer> buffers) {
  device_->check_alive();
  const std::lock_guard lock(mutex_);
  const std::size_t count = buffers.size();
  std::vector<std::uint64_t> values(count);
  std::vector<VkTimelineSemaphoreSubmitInfo> timelines(count, {VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO});
  std::vector<VkSubmitInfo> submits(count, {VK_STRUCTURE_TYPE_SUBMIT_INFO});
  const VkSemaphore semaphore = timeline_.get();
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = submitted_ + i + 1;
    timelines[i].signalSemaphoreValueCount = 1;
    timelines[i].pSignalSemaphoreValues = &values[i];
    submits[i].pNext = &timelines[i];
    submits[i].commandBufferCount = 1;
    submits[i].pCommandBuffers = &buffers[i];
    submits[i].signalSemaphoreCount = 1;
    submits[i].pSignalSemaphores = &semaphore;
  }
  device_->check(vkQueueSubmit(queue_, static_cast<std::uint32_t>(count), submits.data(), VK_NULL_HANDLE),
                 "submitting work");
  submitted_ += count;
  return submitted_;
}

std::uint64_t Queue::submitted() const {
  const std::lock_guard lock(mutex_);
  return submitted_;
}

std::uint64_t Queue::completed() const {
  std::uint64_t value = 0;
  device_->check(vkGetSemaphoreCounterValue(device_->handle(), timeline_.get(), &value), "asking for progress");
  return value;
}

void Queue::wait(std::uint64_t value) {
  device_->check_alive();
  const VkSemaphore semaphore = timeline_.get();
  VkSemaphoreWaitInfo info{VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO};
  info.semaphoreCount = 1;
  info.pSemaphores = &semaphore;
  info.pValues = &value;
  std::uint64_t seen = completed();
  Clock::time_point progress = Clock::now();
  while (seen < value) {
    constexpr std::uint64_t one_second_ns = 1'000'000'000;
    const VkResult result = vkWaitSemaphores(device_->handle(), &info, one_second_ns);
    if (result == VK_SUCCESS) return;
    if (result != VK_TIMEOUT) device_->check(result, "waiting for the graphics device");
    const std::uint64_t now = completed();
    if (now != seen) progress = Clock::now();
    seen = now;
    if (Clock::now() - progress > stall_limit(device_->caps())) {
      device_->mark_lost();
      device_->check_alive();
    }
  }
}

}  // namespace etna::vulkan
