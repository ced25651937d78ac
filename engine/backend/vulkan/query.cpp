#include "engine/backend/vulkan/query.h"

#include "engine/base/error.h"

namespace etna::vulkan {

Timestamps::Timestamps(std::shared_ptr<Device> device, std::uint32_t count)
    : device_(std::move(device)), count_(count) {
  if (device_->caps().timestamp_period_ns == 0) {
    fail(Errc::unsupported, "{} has no timestamps: kernels cannot be timed", device_->caps().name);
  }
  VkQueryPoolCreateInfo info{VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO};
  info.queryType = VK_QUERY_TYPE_TIMESTAMP;
  info.queryCount = count;
  VkQueryPool pool = VK_NULL_HANDLE;
  device_->check(vkCreateQueryPool(device_->handle(), &info, nullptr, &pool), "creating a query pool");
  pool_ = {device_->handle(), pool};
}

void Timestamps::reset(VkCommandBuffer commands) const {
  vkCmdResetQueryPool(commands, pool_.get(), 0, count_);
}

void Timestamps::write(VkCommandBuffer commands, std::uint32_t index) const {
  vkCmdWriteTimestamp(commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, pool_.get(), index);
}

std::vector<double> Timestamps::read() const {
  std::vector<std::uint64_t> ticks(count_);
  device_->check(vkGetQueryPoolResults(device_->handle(), pool_.get(), 0, count_, ticks.size() * 8, ticks.data(), 8,
                                       VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT),
                 "reading timestamps");
  std::vector<double> seconds;
  for (const std::uint64_t tick : ticks) {
    seconds.push_back(static_cast<double>(tick - ticks[0]) * device_->caps().timestamp_period_ns * 1e-9);
  }
  return seconds;
}

}  // namespace etna::vulkan
