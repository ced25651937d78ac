#pragma once

#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "engine/array/backend.h"
#include "engine/backend/vulkan/commands.h"
#include "engine/backend/vulkan/queue.h"

namespace etna::vulkan {

/// Which dispatches share a submit, so that none holds much more than 0.1 s of work (D7): a driver that has a watchdog
/// kills what runs for seconds, and nothing can be stopped in between.
struct SubmitPlan {
  std::vector<std::size_t> first;  ///< dispatch that each submit begins with
  std::vector<double> seconds;     ///< cautious guess of how long each takes
};

SubmitPlan plan_submits(std::span<const Dispatch> dispatches, const DeviceCaps& caps);

/// A program as command buffers that are submitted again for every run (D3).
class VulkanExecutable final : public Executable {
public:
  VulkanExecutable(std::shared_ptr<Queue> queue, std::shared_ptr<PipelineLibrary> pipelines, Program program,
                   std::vector<Dispatch> dispatches, std::vector<Buffer> scratch);
  ~VulkanExecutable() override;

  std::uint64_t start() override;
  void wait(std::uint64_t ticket) override;
  std::vector<StepTime> profile() override;

  int dispatch_count() const override { return static_cast<int>(dispatches_.size()); }

  /// Command buffers that a run submits: one, unless the program is long.
  int submit_count() const { return static_cast<int>(commands_.size()); }

  /// How long each of them is expected to take: at most 0.1 s, unless a single dispatch takes longer.
  const std::vector<double>& submit_seconds() const { return seconds_; }

  int barrier_count() const;

private:
  void record();
  std::vector<double> timed_run(std::size_t begin, std::size_t end);

  std::shared_ptr<Queue> queue_;
  std::shared_ptr<PipelineLibrary> pipelines_;
  Program program_;  // keeps the memory alive
  std::vector<Buffer> scratch_;
  std::vector<Dispatch> dispatches_;
  CommandPoolHandle pool_;
  std::vector<VkCommandBuffer> commands_;
  std::vector<double> seconds_;  // expected, of each of commands_
  std::uint64_t tickets_ = 0;
  std::deque<std::pair<std::uint64_t, std::uint64_t>> in_flight_;  // ticket, timeline value
};

}  // namespace etna::vulkan
