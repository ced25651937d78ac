#include "engine/backend/vulkan/executable.h"

#include <algorithm>
#include <map>

#include "engine/backend/vulkan/query.h"
#include "engine/base/error.h"
#include "engine/base/log.h"

namespace etna::vulkan {

namespace {

constexpr double submit_limit_seconds = 0.1;
constexpr double dispatch_seconds = 5e-6;

double estimated_seconds(const Dispatch& dispatch, const DeviceCaps& caps) {
  return dispatch_seconds + static_cast<double>(dispatch.work.bytes) / caps.estimated_bandwidth() +
         static_cast<double>(dispatch.work.flops) / caps.estimated_flops();
}

}  // namespace

VulkanExecutable::VulkanExecutable(std::shared_ptr<Queue> queue, std::shared_ptr<PipelineLibrary> pipelines,
                                   Program program, std::vector<Dispatch> dispatches, std::vector<Buffer> scratch)
    : queue_(std::move(queue)),
      pipelines_(std::move(pipelines)),
      program_(std::move(program)),
      scratch_(std::move(scratch)),
      dispatches_(std::move(dispatches)),
      pool_(create_command_pool(*queue_->device())) {
  record();
}

VulkanExecutable::~VulkanExecutable() {
  if (in_flight_.empty()) return;
  try {
    queue_->wait(in_flight_.back().second);
  } catch (const std::exception& error) {
    log::warning("a run ended badly while it was thrown away: {}", error.what());
    queue_->device()->wait_idle();  // a device that is lost to us may still work with our memory
  }
}

SubmitPlan plan_submits(std::span<const Dispatch> dispatches, const DeviceCaps& caps) {
  SubmitPlan plan;
  for (std::size_t i = 0; i < dispatches.size(); ++i) {
    const double estimate = estimated_seconds(dispatches[i], caps);
    if (i == 0 || plan.seconds.back() + estimate > submit_limit_seconds) {
      plan.first.push_back(i);
      plan.seconds.push_back(0);
    }
    plan.seconds.back() += estimate;
  }
  return plan;
}

void VulkanExecutable::record() {
  Device& device = *queue_->device();
  const SubmitPlan plan = plan_submits(dispatches_, device.caps());
  seconds_ = plan.seconds;
  for (std::size_t submit = 0; submit < plan.first.size(); ++submit) {
    const std::size_t begin = plan.first[submit];
    const std::size_t end = submit + 1 < plan.first.size() ? plan.first[submit + 1] : dispatches_.size();
    const VkCommandBuffer commands = allocate_commands(device, pool_.get());
    begin_commands(device, commands, Reuse::many);
    for (std::size_t i = begin; i < end; ++i) {
      if (i > begin && dispatches_[i].barrier_before) encode_barrier(commands);
      encode_dispatch(commands, pipelines_->layout(), dispatches_[i]);
    }
    end_commands(device, commands);
    commands_.push_back(commands);
  }
}

std::uint64_t VulkanExecutable::start() {
  const std::uint64_t value = commands_.empty() ? queue_->submitted() : queue_->submit(commands_, seconds_);
  in_flight_.emplace_back(++tickets_, value);
  return tickets_;
}

void VulkanExecutable::wait(std::uint64_t ticket) {
  if (ticket > tickets_) fail(Errc::invalid_argument, "wait: run {} was not started", ticket);
  while (!in_flight_.empty() && in_flight_.front().first <= ticket) {
    queue_->wait(in_flight_.front().second);
    in_flight_.pop_front();
  }
  check_files(program_);
}

int VulkanExecutable::barrier_count() const {
  return static_cast<int>(std::ranges::count_if(dispatches_, &Dispatch::barrier_before));
}

std::vector<double> VulkanExecutable::timed_run(std::size_t begin, std::size_t end) {
  Device& device = *queue_->device();
  const CommandPoolHandle pool = create_command_pool(device);
  const Timestamps times(queue_->device(), static_cast<std::uint32_t>(end - begin + 1));
  const VkCommandBuffer commands = allocate_commands(device, pool.get());
  begin_commands(device, commands, Reuse::once);
  times.reset(commands);
  times.write(commands, 0);
  for (std::size_t i = begin; i < end; ++i) {
    encode_barrier(commands);  // each dispatch alone, else their times would overlap
    encode_dispatch(commands, pipelines_->layout(), dispatches_[i]);
    times.write(commands, static_cast<std::uint32_t>(i - begin + 1));
  }
  end_commands(device, commands);
  double seconds = 0;
  for (std::size_t i = begin; i < end; ++i) seconds += estimated_seconds(dispatches_[i], device.caps());
  queue_->wait(queue_->submit(std::span(&commands, 1), std::span(&seconds, 1)));
  return times.read();
}

std::vector<StepTime> VulkanExecutable::profile() {
  std::vector<StepTime> result;
  std::map<std::string, std::size_t> rows;
  std::size_t begin = 0;
  while (begin < dispatches_.size()) {
    std::size_t end = begin;
    for (double seconds = 0; end < dispatches_.size() && end - begin < 1024; ++end) {
      seconds += estimated_seconds(dispatches_[end], queue_->device()->caps());
      if (seconds > submit_limit_seconds && end > begin) break;
    }
    const std::vector<double> times = timed_run(begin, end);
    for (std::size_t i = begin; i < end; ++i) {
      const Dispatch& dispatch = dispatches_[i];
      const auto [row, fresh] = rows.emplace(dispatch.name, result.size());
      if (fresh) result.push_back({dispatch.name, 0, {}, 0});
      StepTime& time = result[row->second];
      time.seconds += times[i - begin + 1] - times[i - begin];
      time.work.bytes += dispatch.work.bytes;
      time.work.flops += dispatch.work.flops;
      ++time.count;
    }
    begin = end;
  }
  return result;
}

}  // namespace etna::vulkan
