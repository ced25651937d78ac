#include "engine/backend/vulkan/hazards.h"

#include <algorithm>

namespace etna::vulkan {

namespace {

bool any_overlap(std::span<const ByteRange> left, std::span<const ByteRange> right) {
  return std::ranges::any_of(left, [&](const ByteRange& a) {
    return std::ranges::any_of(right, [&](const ByteRange& b) { return a.overlaps(b); });
  });
}

}  // namespace

ByteRange range_of(const View& view) {
  if (view.size() == 0) return {view.address(), view.address()};
  std::int64_t first = 0;
  std::int64_t last = 0;
  for (std::size_t axis = 0; axis < view.shape.size(); ++axis) {
    const std::int64_t reach = (view.shape[axis] - 1) * view.strides[axis];
    (reach < 0 ? first : last) += reach;
  }
  const auto size = static_cast<std::int64_t>(size_of(view.dtype));
  return {view.address() + static_cast<std::uint64_t>(first * size),
          view.address() + static_cast<std::uint64_t>((last + 1) * size)};
}

bool HazardTracker::note(std::span<const ByteRange> reads, std::span<const ByteRange> writes) {
  const bool barrier = any_overlap(reads, writes_) || any_overlap(writes, writes_) || any_overlap(writes, reads_);
  if (barrier) clear();
  reads_.insert(reads_.end(), reads.begin(), reads.end());
  writes_.insert(writes_.end(), writes.begin(), writes.end());
  return barrier;
}

void HazardTracker::clear() {
  reads_.clear();
  writes_.clear();
}

}  // namespace etna::vulkan
