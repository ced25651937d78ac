#include "engine/backend/vulkan/strided.h"

#include <algorithm>
#include <limits>

#include "engine/base/error.h"

namespace etna::vulkan {

namespace {

void check_limits(const Axes& axes, std::size_t limit, const char* operation) {
  if (axes.shape.size() > limit) {
    fail(Errc::unsupported, "{}: {} axes that do not merge; the kernel takes {}", operation, axes.shape.size(), limit);
  }
  constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
  if (element_count(axes.shape) > most) fail(Errc::unsupported, "{}: more than 2^32 elements", operation);
  for (const Strides& strides : axes.strides) {
    std::int64_t last = 0;
    for (std::size_t axis = 0; axis < strides.size(); ++axis) {
      if (strides[axis] < 0) fail(Errc::unsupported, "{}: a negative stride", operation);
      last += (axes.shape[axis] - 1) * strides[axis];
    }
    if (last > most) fail(Errc::unsupported, "{}: elements further apart than 2^32", operation);
  }
}

}  // namespace

Axes merge_axes(std::span<const View* const> views, std::size_t limit, const char* operation) {
  const Shape& shape = views[0]->shape;
  Axes axes;
  axes.strides.resize(views.size());
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] == 1) continue;
    bool merges = !axes.shape.empty();
    for (std::size_t i = 0; merges && i < views.size(); ++i) {
      merges = axes.strides[i].back() == views[i]->strides[axis] * shape[axis];
    }
    if (merges) {
      axes.shape.back() *= shape[axis];
      for (std::size_t i = 0; i < views.size(); ++i) axes.strides[i].back() = views[i]->strides[axis];
    } else {
      axes.shape.push_back(shape[axis]);
      for (std::size_t i = 0; i < views.size(); ++i) axes.strides[i].push_back(views[i]->strides[axis]);
    }
  }
  if (axes.shape.empty()) {
    axes.shape.push_back(1);
    for (Strides& strides : axes.strides) strides.push_back(1);
  }
  check_limits(axes, limit, operation);
  return axes;
}

}  // namespace etna::vulkan
