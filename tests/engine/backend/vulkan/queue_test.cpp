#include "engine/backend/vulkan/queue.h"

#include "engine/backend/vulkan/commands.h"
#include "engine/backend/vulkan/executable.h"
#include "engine/base/error.h"
#include "engine/ops/matmul.h"
#include "tests/engine/backend/vulkan/gpu.h"
#include "tests/support/vulkan_faults.h"

namespace etna::test {
namespace {

using namespace std::chrono_literals;

/// A queue of its own behind the fault layer.
class VulkanQueue : public GpuTest {
protected:
  std::shared_ptr<vulkan::Queue> queue(vulkan::QueueOptions options = {}) {
    auto instance = vulkan::Instance::get();
    for (VkPhysicalDevice physical : instance->physical_devices()) {
      if (!vulkan::Device::missing_features(physical).empty()) continue;
      return std::make_shared<vulkan::Queue>(vulkan::Device::create(instance, physical), std::move(options));
    }
    return nullptr;
  }

  static std::optional<Errc> failure(const std::function<void()>& call) {
    try {
      call();
    } catch (const Error& error) {
      return error.code();
    }
    return std::nullopt;
  }

  VulkanFaults faults_;
};

TEST_F(VulkanQueue, ADriverThatFinishesNothingIsALostDevice) {
  const auto q = queue({.patience = 30ms});
  q->wait(q->submit({}));
  faults_.hang(1);
  const auto begin = std::chrono::steady_clock::now();
  const std::uint64_t value = q->submit({});
  EXPECT_EQ(failure([&] { q->wait(value); }), Errc::device_lost);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 30ms);
  EXPECT_EQ(failure([&] { q->submit({}); }), Errc::device_lost) << "for ever";
}

TEST_F(VulkanQueue, WorkThatIsExpectedToTakeLongMayTakeThreeTimesAsLong) {
  const auto q = queue({.patience = 10ms});
  faults_.hang(1);
  const double seconds = 0.05;
  const auto begin = std::chrono::steady_clock::now();
  const std::uint64_t value = q->submit({}, std::span(&seconds, 1));
  EXPECT_EQ(failure([&] { q->wait(value); }), Errc::device_lost);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 160ms);
}

TEST_F(VulkanQueue, AWaitThatTimesOutAtFirstIsNoLoss) {
  const auto q = queue({.patience = 10s});
  faults_.delay_submits(20ms);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(failure([&] { q->wait(q->submit({})); }), std::nullopt);
}

TEST_F(VulkanQueue, ADeviceThatIsLostWhileSubmittingOrWaitingStaysLost) {
  for (const VulkanCall call : {VulkanCall::submit, VulkanCall::wait, VulkanCall::ask_progress}) {
    const auto q = queue();
    faults_.fail(call, 1, VK_ERROR_DEVICE_LOST);
    const auto work = [&] {
      const std::uint64_t value = q->submit({});
      q->wait(value);
      // What is over when it is asked for needs no wait.
      if (call == VulkanCall::wait && !faults_.failed()) q->device()->check(VK_ERROR_DEVICE_LOST, "a test");
    };
    EXPECT_EQ(failure(work), Errc::device_lost);
    faults_.calm();
    EXPECT_EQ(failure(work), Errc::device_lost);
    EXPECT_EQ(failure([&] { q->device()->check_alive(); }), Errc::device_lost);
  }
}

TEST_F(VulkanQueue, MemoryThatIsShortWhileSubmittingIsNoLoss) {
  const auto q = queue();
  faults_.fail(VulkanCall::submit, 1, VK_ERROR_OUT_OF_HOST_MEMORY);
  EXPECT_EQ(failure([&] { q->submit({}); }), Errc::out_of_memory);
  faults_.calm();
  EXPECT_EQ(failure([&] { q->wait(q->submit({})); }), std::nullopt);
}

TEST_F(VulkanQueue, AfterASleepTheDeviceIsAskedBeforeAnythingIsSubmitted) {
  std::chrono::nanoseconds asleep = 5s;
  const auto q = queue({.patience = 30ms, .asleep = [&] { return asleep; }});
  faults_.calm();
  q->submit({});
  EXPECT_EQ(faults_.calls(VulkanCall::submit), 1u);
  asleep += 1s;
  q->wait(q->submit({}));
  EXPECT_EQ(faults_.calls(VulkanCall::submit), 2u) << "a clock that was set is no sleep";
  asleep += 1h;
  q->wait(q->submit({}));
  EXPECT_EQ(faults_.calls(VulkanCall::submit), 4u);
  q->wait(q->submit({}));
  EXPECT_EQ(faults_.calls(VulkanCall::submit), 5u);
}

TEST_F(VulkanQueue, ADeviceThatDidNotWakeUpIsLost) {
  for (const bool hangs : {false, true}) {
    std::chrono::nanoseconds asleep = 0s;
    const auto q = queue({.patience = 30ms, .asleep = [&] { return asleep; }});
    q->wait(q->submit({}));
    asleep += 8h;
    if (hangs) {
      faults_.hang(1);
    } else {
      faults_.fail(VulkanCall::submit, 1, VK_ERROR_DEVICE_LOST);
    }
    EXPECT_EQ(failure([&] { q->submit({}); }), Errc::device_lost);
    EXPECT_EQ(faults_.calls(VulkanCall::submit), 1u) << "nothing but the question";
    faults_.calm();
  }
}

TEST_F(VulkanQueue, TimeAsleepGrowsOnlyWhileAsleep) {
  const auto before = vulkan::time_asleep();
  EXPECT_GE(before, -1ms);
  EXPECT_LT(vulkan::time_asleep() - before, 1s);
}

vulkan::Dispatch dispatch(std::uint64_t bytes, std::uint64_t flops) {
  vulkan::Dispatch result;
  result.work = {.bytes = bytes, .flops = flops};
  return result;
}

TEST_F(VulkanQueue, SubmitsAreBoundedOnEveryKindOfDevice) {
  std::mt19937 random(5);
  for (const auto kind : {vulkan::DeviceKind::discrete, vulkan::DeviceKind::integrated, vulkan::DeviceKind::software}) {
    vulkan::DeviceCaps caps;
    caps.kind = kind;
    std::vector<vulkan::Dispatch> dispatches;
    double longest = 0;
    for (int i = 0; i < 2000; ++i) {
      dispatches.push_back(dispatch(random() % 20'000'000, random() % 40'000'000));
      longest = std::max(longest, vulkan::plan_submits(std::span(&dispatches.back(), 1), caps).seconds[0]);
    }
    ASSERT_LT(longest, 0.1);
    const vulkan::SubmitPlan plan = vulkan::plan_submits(dispatches, caps);
    ASSERT_EQ(plan.first.size(), plan.seconds.size());
    EXPECT_EQ(plan.first[0], 0u);
    EXPECT_TRUE(std::ranges::is_sorted(plan.first));
    for (const double seconds : plan.seconds) EXPECT_LE(seconds, 0.1);
    // Nor are they needlessly short.
    for (std::size_t i = 0; i + 1 < plan.seconds.size(); ++i) EXPECT_GT(plan.seconds[i] + plan.seconds[i + 1], 0.1);
  }
}

TEST_F(VulkanQueue, ADispatchThatIsLongByItselfIsAlone) {
  vulkan::DeviceCaps caps;
  caps.kind = vulkan::DeviceKind::integrated;
  const std::vector<vulkan::Dispatch> dispatches = {dispatch(1000, 0), dispatch(0, 120'000'000'000), dispatch(1000, 0)};
  EXPECT_THAT(vulkan::plan_submits(dispatches, caps).first, testing::ElementsAre(0u, 1u, 2u));
}

}  // namespace
}  // namespace etna::test
