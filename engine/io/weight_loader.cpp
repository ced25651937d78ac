#include "engine/io/weight_loader.h"

#include <algorithm>

#include "engine/array/backend.h"
#include "engine/base/error.h"
#include "engine/io/quote.h"

namespace etna {

WeightLoader::WeightLoader(Backend& backend, OwnerId owner, Progress progress, std::uint64_t total_bytes)
    : allocator_(*backend.allocator()), owner_(owner), progress_(std::move(progress)), total_(total_bytes) {}

Array WeightLoader::load(const StoredTensor& tensor) {
  if (!tensor.dtype) {
    fail(Errc::unsupported, "{}: tensor {}: weights of dtype {} are not supported", tensor.file, quote(tensor.name),
         tensor.stored_dtype);
  }
  progress_.check("loading");
  View view{.buffer = imported(tensor),
            .offset = 0,
            .shape = tensor.shape,
            .strides = contiguous_strides(tensor.shape),
            .dtype = *tensor.dtype};
  if (view.buffer) {
    view.offset = static_cast<std::size_t>(tensor.bytes.data() - tensor.mapping.data());
    advance(tensor.bytes.size());
  } else {
    view.buffer = copied(tensor);
  }
  return Array(std::move(view));
}

Buffer WeightLoader::imported(const StoredTensor& tensor) {
  constexpr std::uintptr_t alignment = 16;  // what kernels may assume of weights
  if (tensor.mapping.empty() || tensor.bytes.empty()) return nullptr;
  if (reinterpret_cast<std::uintptr_t>(tensor.bytes.data()) % alignment != 0) return nullptr;
  const auto [entry, added] = files_.try_emplace(tensor.mapping.data());
  if (added) entry->second = allocator_.import(tensor.mapping, MemoryTag::weights, owner_, tensor.keep_alive);
  return entry->second;
}

Buffer WeightLoader::copied(const StoredTensor& tensor) {
  constexpr std::size_t piece = std::size_t{32} << 20;
  const std::size_t size = tensor.bytes.size();
  Buffer buffer = allocator_.allocate(std::max<std::size_t>(size, 1), Placement::device, MemoryTag::weights, owner_);
  for (std::size_t offset = 0; offset < size; offset += piece) {
    progress_.check("loading");
    const auto part = tensor.bytes.subspan(offset, std::min(piece, size - offset));
    buffer->write(offset, part);
    advance(part.size());
  }
  return buffer;
}

void WeightLoader::advance(std::uint64_t bytes) {
  done_ += bytes;
  progress_(done_, std::max(total_, done_));
}

}  // namespace etna
