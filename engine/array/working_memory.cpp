#include "engine/array/working_memory.h"

namespace etna {

Buffer WorkingMemory::piece(std::size_t index, std::size_t bytes) {
  if (index >= pieces_.size()) pieces_.resize(index + 1);
  Buffer& piece = pieces_[index];
  if (!piece || piece->bytes() < bytes) {
    piece.reset();  // first: often nobody else has it
    piece = allocator_->allocate(bytes, Placement::device, MemoryTag::activations, owner_);
  }
  return piece;
}

void WorkingMemory::reserve(std::span<const std::size_t> sizes) {
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] > 0) piece(i, sizes[i]);
  }
}

std::vector<std::size_t> WorkingMemory::sizes() const {
  std::vector<std::size_t> result;
  for (const Buffer& piece : pieces_) result.push_back(piece ? piece->bytes() : 0);
  return result;
}

}  // namespace etna
