#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/memory/allocator.h"

namespace etna {

/// Memory for intermediates of programs that never run side by side, as the plans of one runner: they use it in turn, so
/// that it is as large as the largest of them wants it, not as all together. What a program leaves in it is gone when
/// another runs. One thread at a time.
class WorkingMemory {
public:
  WorkingMemory(std::shared_ptr<Allocator> allocator, OwnerId owner) : allocator_(std::move(allocator)), owner_(owner) {}

  /// Piece `index` of it, at least `bytes` large. A piece that grows is replaced: programs that were made before keep the
  /// old one alive. Throws out_of_memory.
  Buffer piece(std::size_t index, std::size_t bytes);

  /// Makes pieces at least as large as sizes() of other memory of this kind was, so that the same programs find room.
  void reserve(std::span<const std::size_t> sizes);

  std::vector<std::size_t> sizes() const;

private:
  std::shared_ptr<Allocator> allocator_;
  OwnerId owner_;
  std::vector<Buffer> pieces_;
};

}  // namespace etna
