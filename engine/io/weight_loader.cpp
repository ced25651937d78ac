#include "engine/io/weight_loader.h"

#include <algorithm>
#include <iterator>
#include <vector>

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
  Pages* const pages = pages_of(tensor);
  View view{.buffer = pages ? *pages->buffer : nullptr,
            .offset = 0,
            .shape = tensor.shape,
            .strides = contiguous_strides(tensor.shape),
            .dtype = *tensor.dtype};
  if (view.buffer) {
    view.offset = static_cast<std::size_t>(tensor.bytes.data() - pages->bytes.data());
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

void WeightLoader::import_only(std::span<const StoredTensor* const> tensors) {
  constexpr std::ptrdiff_t page = 4096;
  whole_files_ = false;
  std::vector<std::span<const std::byte>> parts;
  for (const StoredTensor* tensor : tensors) {
    if (tensor->mapping.empty() || tensor->bytes.empty()) continue;
    const std::byte* const file = tensor->mapping.data();
    const std::ptrdiff_t begin = (tensor->bytes.data() - file) / page * page;
    const std::ptrdiff_t end = (tensor->bytes.data() + tensor->bytes.size() - file + page - 1) / page * page;
    const auto size = static_cast<std::ptrdiff_t>(tensor->mapping.size());
    parts.push_back({file + begin, file + std::min(end, size)});
  }
  // Neighbours become one: heaps may count imports, and no page is imported twice.
  std::ranges::sort(parts, {}, [](const auto& part) { return part.data(); });
  for (const auto& part : parts) {
    if (!pages_.empty()) {
      std::span<const std::byte>& last = pages_.rbegin()->second.bytes;
      if (part.data() <= last.data() + last.size()) {
        last = {last.data(), std::max(last.data() + last.size(), part.data() + part.size())};
        continue;
      }
    }
    pages_.emplace(part.data(), Pages{part, {}});
  }
}

/// The imported pages of a tensor; null where it must be copied.
WeightLoader::Pages* WeightLoader::pages_of(const StoredTensor& tensor) {
  constexpr std::uintptr_t alignment = 16;  // what kernels may assume of weights
  if (tensor.mapping.empty() || tensor.bytes.empty()) return nullptr;
  if (reinterpret_cast<std::uintptr_t>(tensor.bytes.data()) % alignment != 0) return nullptr;
  if (whole_files_) pages_.try_emplace(tensor.mapping.data(), Pages{tensor.mapping, {}});
  auto found = pages_.upper_bound(tensor.bytes.data());
  if (found == pages_.begin()) return nullptr;
  Pages& pages = std::prev(found)->second;
  if (tensor.bytes.data() + tensor.bytes.size() > pages.bytes.data() + pages.bytes.size()) return nullptr;
  if (!pages.buffer) pages.buffer = allocator_.import(pages.bytes, MemoryTag::weights, owner_, tensor.keep_alive);
  return *pages.buffer ? &pages : nullptr;
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
