#pragma once

#include <cstddef>
#include <map>
#include <optional>

namespace etna::vulkan {

/// First-fit places inside one large piece of memory: small blocks share a device allocation; drivers give few of them.
class Slab {
public:
  explicit Slab(std::size_t bytes) : bytes_(bytes) { holes_.emplace(0, bytes); }

  /// Offset of `bytes` bytes, a multiple of 256; none when nothing fits.
  std::optional<std::size_t> take(std::size_t bytes);
  void give_back(std::size_t offset, std::size_t bytes);

  std::size_t largest_hole() const;

  bool empty() const { return holes_.size() == 1 && holes_.begin()->second == bytes_; }

private:
  std::size_t bytes_;
  std::map<std::size_t, std::size_t> holes_;  // offset to size
};

}  // namespace etna::vulkan
