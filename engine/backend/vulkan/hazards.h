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

/// Finds where barriers are needed: a dispatch must wait when it reads what was written since the last barrier, or
/// writes what was read or written since. Everything else may run at the same time.
class HazardTracker {
public:
  /// Notes a dispatch; true when a barrier has to come before it (then all earlier notes are forgotten).
  bool note(std::span<const ByteRange> reads, std::span<const ByteRange> writes);
  void clear();

private:
  std::vector<ByteRange> reads_;
  std::vector<ByteRange> writes_;
};

}  // namespace etna::vulkan
