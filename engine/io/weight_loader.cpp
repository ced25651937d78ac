#include "engine/io/weight_loader.h"

#include <algorithm>

#include "engine/array/backend.h"
#include "engine/base/error.h"
#include "engine/base/files.h"
#include "engine/io/quote.h"

namespace etna {

WeightLoader::WeightLoader(Backend& backend, OwnerId owner, Progress progress, std::uint64_t total_bytes)
    : allocator_(*backend.allocator()), owner_(owner), progress_(std::move(progress)), total_(total_bytes) {}

void WeightLoader::check_dtype(const StoredTensor& tensor) const {
  if (tensor.dtype) return;
  fail(Errc::unsupported, "{}: tensor {}: weights of dtype {} are not supported", tensor.file, quote(tensor.name),
       tensor.stored_dtype);
}

Array WeightLoader::load(const StoredTensor& tensor) {
  check_dtype(tensor);
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
    view.buffer = allocate(tensor.bytes.size());
    copy(tensor, view.buffer, 0);
  }
  return Array(std::move(view));
}

Array WeightLoader::load_stacked(std::span<const StoredTensor> tensors) {
  const StoredTensor& first = tensors.front();
  check_dtype(first);
  Shape shape = first.shape;
  shape.insert(shape.begin(), static_cast<std::int64_t>(tensors.size()));
  Buffer buffer = allocate(first.bytes.size() * tensors.size());
  std::size_t at = 0;
  for (const StoredTensor& tensor : tensors) {
    if (tensor.dtype != first.dtype || tensor.shape != first.shape) {
      fail(Errc::invalid_argument, "{}: tensor {} is {} {}, which cannot be stacked on {}", tensor.file,
           quote(tensor.name), tensor.stored_dtype, to_string(tensor.shape), to_string(first.shape));
    }
    copy(tensor, buffer, at);
    at += tensor.bytes.size();
  }
  return Array(View{.buffer = std::move(buffer),
                    .offset = 0,
                    .shape = shape,
                    .strides = contiguous_strides(shape),
                    .dtype = *first.dtype});
}

Buffer WeightLoader::imported(const StoredTensor& tensor) {
  constexpr std::uintptr_t alignment = 16;  // what kernels may assume of weights
  if (tensor.mapping.empty() || tensor.bytes.empty()) return nullptr;
  if (reinterpret_cast<std::uintptr_t>(tensor.bytes.data()) % alignment != 0) return nullptr;
  const auto [entry, added] = files_.try_emplace(tensor.mapping.data());
  if (added) entry->second = allocator_.import(tensor.mapping, MemoryTag::weights, owner_, tensor.keep_alive);
  return entry->second;
}

Buffer WeightLoader::allocate(std::size_t bytes) {
  return allocator_.allocate(std::max<std::size_t>(bytes, 1), Placement::device, MemoryTag::weights, owner_);
}

void WeightLoader::copy(const StoredTensor& tensor, Buffer& buffer, std::size_t at) {
  constexpr std::size_t piece = std::size_t{32} << 20;
  const std::size_t size = tensor.bytes.size();
  for (std::size_t offset = 0; offset < size; offset += piece) {
    progress_.check("loading");
    const auto part = tensor.bytes.subspan(offset, std::min(piece, size - offset));
    buffer->write(at + offset, part);
    check_mapped_file(part.data());
    advance(part.size());
  }
}

void WeightLoader::advance(std::uint64_t bytes) {
  done_ += bytes;
  progress_(done_, std::max(total_, done_));
}

}  // namespace etna
