#include "engine/backend/vulkan/recorder.h"

#include <algorithm>
#include <numeric>

#include "engine/base/error.h"

namespace etna::vulkan {

void Recorder::add(Call call, const void* args, std::size_t bytes) {
  for (int axis = 0; axis < 3; ++axis) {
    const std::uint32_t count = axis == 0 ? call.groups.x : axis == 1 ? call.groups.y : call.groups.z;
    if (count > caps_.max_groups[axis]) {
      fail(Errc::unsupported, "{}: {} workgroups, {} allows {}", call.name, count, caps_.name, caps_.max_groups[axis]);
    }
  }
  Dispatch dispatch;
  dispatch.name = std::move(call.name);
  if (pipelines_) dispatch.pipeline = pipelines_->get(call.shader, call.constants);
  dispatch.groups = call.groups;
  std::memcpy(dispatch.arguments.data(), args, bytes);
  dispatch.argument_bytes = static_cast<std::uint32_t>(bytes);
  dispatch.work = call.work;
  dispatches_.push_back(std::move(dispatch));
  accesses_.push_back({std::move(call.reads), std::move(call.writes)});
}

std::vector<Dispatch> Recorder::take_dispatches() {
  const std::vector<int> levels = dependency_levels(accesses_);
  std::vector<std::size_t> order(dispatches_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return levels[i]; });
  std::vector<Dispatch> sorted;
  for (std::size_t i = 0; i < order.size(); ++i) {
    sorted.push_back(std::move(dispatches_[order[i]]));
    sorted.back().barrier_before = i > 0 && levels[order[i]] != levels[order[i - 1]];
  }
  dispatches_.clear();
  accesses_.clear();
  return sorted;
}

Scratch Recorder::scratch(std::size_t bytes) {
  const auto fits = std::ranges::find_if(free_, [&](const Buffer& buffer) { return buffer->bytes() >= bytes; });
  Buffer buffer;
  if (fits != free_.end()) {
    buffer = *fits;
    free_.erase(fits);
  } else if (working_) {
    buffer = working_->piece(next_piece_++, bytes);
  } else {
    buffer = allocator_->allocate(bytes, Placement::device, MemoryTag::activations, owner_);
  }
  used_.push_back(buffer);
  return {buffer};
}

void Recorder::end_step() {
  free_.insert(free_.end(), used_.begin(), used_.end());
  used_.clear();
}

Groups Recorder::groups_for(std::int64_t items, std::int64_t per_group) const {
  const std::int64_t wanted = (items + per_group - 1) / per_group;
  return {static_cast<std::uint32_t>(std::clamp<std::int64_t>(wanted, 1, std::min(caps_.max_groups[0], 65535U))), 1, 1};
}

std::vector<Buffer> Recorder::take_buffers() {
  end_step();
  return std::move(free_);
}

}  // namespace etna::vulkan
