#pragma once

#include "engine/array/dtype.h"
#include "engine/array/shape.h"
#include "engine/memory/allocator.h"

namespace etna {

/// Elements in memory: what kernels read and write.
struct View {
  Buffer buffer;
  std::size_t offset = 0;  ///< bytes from the buffer's start
  Shape shape;
  Strides strides;         ///< in elements
  DType dtype = DType::float32;

  std::int64_t size() const { return element_count(shape); }
  std::size_t bytes() const { return static_cast<std::size_t>(size()) * size_of(dtype); }
  std::uint64_t address() const { return buffer->address() + offset; }
  std::byte* host() const { return buffer->host() + offset; }

  /// In row-major order without gaps.
  bool contiguous() const;

  /// The last axis has stride 1 (or at most one element): a row can be read as a plain array.
  bool rows_contiguous() const;
};

}  // namespace etna
