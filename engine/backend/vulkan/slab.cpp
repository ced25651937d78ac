#include "engine/backend/vulkan/slab.h"

#include <algorithm>
#include <iterator>

namespace etna::vulkan {

namespace {

constexpr std::size_t alignment = 256;

std::size_t align_up(std::size_t bytes) {
  return (bytes + alignment - 1) / alignment * alignment;
}

}  // namespace

std::optional<std::size_t> Slab::take(std::size_t bytes) {
  bytes = align_up(bytes);
  for (auto hole = holes_.begin(); hole != holes_.end(); ++hole) {
    const auto [offset, size] = *hole;
    if (size < bytes) continue;
    holes_.erase(hole);
    if (size > bytes) holes_.emplace(offset + bytes, size - bytes);
    return offset;
  }
  return std::nullopt;
}

void Slab::give_back(std::size_t offset, std::size_t bytes) {
  bytes = align_up(bytes);
  const auto next = holes_.lower_bound(offset);
  if (next != holes_.end() && offset + bytes == next->first) {
    bytes += next->second;
    holes_.erase(next);
  }
  const auto after = holes_.lower_bound(offset);
  if (after != holes_.begin()) {
    const auto previous = std::prev(after);
    if (previous->first + previous->second == offset) {
      previous->second += bytes;
      return;
    }
  }
  holes_.emplace(offset, bytes);
}

std::size_t Slab::largest_hole() const {
  std::size_t largest = 0;
  for (const auto& [offset, size] : holes_) largest = std::max(largest, size);
  return largest;
}

}  // namespace etna::vulkan
