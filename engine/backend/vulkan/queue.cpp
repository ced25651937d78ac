#include "engine/backend/vulkan/queue.h"

#include <time.h>

#include <algorithm>

#include "engine/base/error.h"
#include "engine/base/log.h"

namespace etna::vulkan {

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds shortest_sleep = 2s;
constexpr std::chrono::nanoseconds time_to_wake = 5s;

std::chrono::nanoseconds now(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

std::chrono::nanoseconds time_asleep() {
  return now(CLOCK_BOOTTIME) - now(CLOCK_MONOTONIC);
}

Queue::Queue(std::shared_ptr<Device> device, QueueOptions options)
    : device_(std::move(device)), options_(std::move(options)), asleep_(options_.asleep()) {
  if (!options_.patience) options_.patience = device_->caps().kind == DeviceKind::software ? 300s : 10s;
  vkGetDeviceQueue(device_->handle(), device_->queue_family(), 0, &queue_);
  VkSemaphoreTypeCreateInfo type{VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO};
  type.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE;
  const VkSemaphoreCreateInfo info{VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, &type, 0};
  VkSemaphore semaphore = VK_NULL_HANDLE;
  device_->check(vkCreateSemaphore(device_->handle(), &info, nullptr, &semaphore), "creating a timeline semaphore");
  timeline_ = {device_->handle(), semaphore};
}

Queue::~Queue() {
  device_->wait_idle();
}

std::uint64_t Queue::submit(std::span<const VkCommandBuffer> buffers, std::span<const double> seconds) {
  device_->check_alive();
  check_after_sleep();
  const std::lock_guard lock(mutex_);
  submit_locked(buffers, seconds);
  return submitted_;
}

void Queue::submit_locked(std::span<const VkCommandBuffer> buffers, std::span<const double> seconds) {
  const std::size_t count = std::max<std::size_t>(buffers.size(), 1);  // none: a submit that only signals
  values_.resize(count);
  timelines_.assign(count, {VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO});
  submits_.assign(count, {VK_STRUCTURE_TYPE_SUBMIT_INFO});
  const VkSemaphore semaphore = timeline_.get();
  for (std::size_t i = 0; i < count; ++i) {
    values_[i] = submitted_ + i + 1;
    timelines_[i].signalSemaphoreValueCount = 1;
    timelines_[i].pSignalSemaphoreValues = &values_[i];
    submits_[i].pNext = &timelines_[i];
    submits_[i].commandBufferCount = i < buffers.size() ? 1 : 0;
    submits_[i].pCommandBuffers = i < buffers.size() ? &buffers[i] : nullptr;
    submits_[i].signalSemaphoreCount = 1;
    submits_[i].pSignalSemaphores = &semaphore;
    expected_seconds_[values_[i] % remembered] = i < seconds.size() ? static_cast<float>(seconds[i]) : 0;
  }
  device_->check(vkQueueSubmit(queue_, static_cast<std::uint32_t>(count), submits_.data(), VK_NULL_HANDLE),
                 "submitting work");
  submitted_ += count;
}

/// Some drivers lose their device while the computer sleeps, and hang when work is submitted to it.
void Queue::check_after_sleep() {
  std::uint64_t value = 0;
  {
    const std::lock_guard lock(mutex_);
    const std::chrono::nanoseconds asleep = options_.asleep(), slept = asleep - asleep_;
    asleep_ = asleep;
    if (slept <= shortest_sleep) return;
    log::info("{}: the computer slept for {} s; asking whether the device is still there", device_->caps().name,
              std::chrono::duration_cast<std::chrono::seconds>(slept).count());
    submit_locked({}, {});
    value = submitted_;
  }
  wait_for(value, std::min<std::chrono::nanoseconds>(time_to_wake, *options_.patience));
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

std::chrono::nanoseconds Queue::patience_for(std::uint64_t value) const {
  const std::lock_guard lock(mutex_);
  const std::chrono::duration<double> expected(expected_seconds_[value % remembered]);
  return *options_.patience + std::chrono::duration_cast<std::chrono::nanoseconds>(3 * expected);
}

void Queue::wait(std::uint64_t value) {
  device_->check_alive();
  wait_for(value, std::nullopt);
}

void Queue::wait_for(std::uint64_t value, std::optional<std::chrono::nanoseconds> most) {
  const VkSemaphore semaphore = timeline_.get();
  VkSemaphoreWaitInfo info{VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO};
  info.semaphoreCount = 1;
  info.pSemaphores = &semaphore;
  info.pValues = &value;
  std::uint64_t seen = completed();
  Clock::time_point progress = Clock::now();
  while (seen < value) {
    const std::chrono::nanoseconds limit = most ? *most : patience_for(seen + 1);  // of the submit that runs
    const std::chrono::nanoseconds left = progress + limit - Clock::now();
    const auto turn = std::clamp<std::chrono::nanoseconds>(left, 1ms, 1s);
    const VkResult result = vkWaitSemaphores(device_->handle(), &info, static_cast<std::uint64_t>(turn.count()));
    if (result == VK_SUCCESS) return;
    if (result != VK_TIMEOUT) device_->check(result, "waiting for the graphics device");
    const std::uint64_t reached = completed();
    if (reached != seen) progress = Clock::now();
    seen = reached;
    if (seen < value && Clock::now() - progress >= limit) {
      log::warning("{}: nothing was finished for {} s; the device is given up", device_->caps().name,
                   std::chrono::duration_cast<std::chrono::seconds>(limit).count());
      device_->mark_lost();
      device_->check_alive();
    }
  }
}

}  // namespace etna::vulkan
