#include "engine/backend/vulkan/hazards.h"

#include <algorithm>

namespace etna::vulkan {

namespace {

// Every dispatch is compared with this many before it at most: what lies further back ends at a common level.
constexpr std::size_t window = 512;

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

bool conflict(const Accesses& a, const Accesses& b) {
  return any_overlap(a.writes, b.writes) || any_overlap(a.writes, b.reads) || any_overlap(a.reads, b.writes);
}

std::vector<int> dependency_levels(std::span<const Accesses> dispatches) {
  std::vector<int> levels(dispatches.size());
  int floor = 0;  // of the current window
  for (std::size_t begin = 0; begin < dispatches.size(); begin += window) {
    const std::size_t end = std::min(begin + window, dispatches.size());
    int highest = floor;
    for (std::size_t i = begin; i < end; ++i) {
      levels[i] = floor;
      for (std::size_t j = begin; j < i; ++j) {
        if (levels[j] >= levels[i] && conflict(dispatches[i], dispatches[j])) levels[i] = levels[j] + 1;
      }
      highest = std::max(highest, levels[i]);
    }
    floor = highest + 1;
  }
  return levels;
}

}  // namespace etna::vulkan
