#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/array/view.h"

namespace etna::vulkan {

/// Bytes in the device's address space.
struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  bool overlaps(const ByteRange& other) const { return begin < other.end && other.begin < end; }
};

/// From the first to behind the last byte that a view can touch.
ByteRange range_of(const View& view);

/// What one dispatch touches.
struct Accesses {
  std::vector<ByteRange> reads;
  std::vector<ByteRange> writes;
};

/// Whether one of the two has to wait for the other: one writes what the other reads or writes.
bool conflict(const Accesses& a, const Accesses& b);

/// For each dispatch, how many dispatches that depend on each other come before it: those of one level share nothing
/// that is written and may run at the same time, whatever order they were recorded in; between levels stands a barrier.
std::vector<int> dependency_levels(std::span<const Accesses> dispatches);

}  // namespace etna::vulkan
