#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/array/view.h"

namespace etna::vulkan {

/// The axes of several views of one shape, with neighbours merged where all of them allow: what element-wise kernels
/// loop over. At least one axis.
struct Axes {
  Shape shape;
  std::vector<Strides> strides;  ///< one per view
};

/// Throws unsupported, naming the operation, when more than `limit` axes remain or numbers do not fit 32 bits.
Axes merge_axes(std::span<const View* const> views, std::size_t limit, const char* operation);

template <std::size_t N>
void fill(std::uint32_t (&target)[N], const std::vector<std::int64_t>& values) {
  for (std::size_t i = 0; i < values.size() && i < N; ++i) target[i] = static_cast<std::uint32_t>(values[i]);
}

}  // namespace etna::vulkan
