#pragma once

#include <cstdint>

#include "engine/array/view.h"

namespace etna::cpu {

/// Elements of any floating dtype as float, and back: kernels compute in float whatever is stored.
void load_floats(DType dtype, const void* from, std::int64_t count, float* to);
void store_floats(DType dtype, const float* from, std::int64_t count, void* to);

/// Runs of a view in row-major order: `body(host pointer, stride in elements, count, first index in row-major order)`
/// for each run along the last axis that falls into [begin, end).
template <class Body>
void for_each_run(const View& view, std::int64_t begin, std::int64_t end, const Body& body) {
  const auto size = static_cast<std::int64_t>(size_of(view.dtype));
  if (view.contiguous()) {
    if (begin < end) body(view.host() + begin * size, std::int64_t{1}, end - begin, begin);
    return;
  }
  const std::size_t rank = view.shape.size();
  const std::int64_t inner = view.shape[rank - 1];
  while (begin < end) {
    std::int64_t rest = begin / inner;
    const std::int64_t column = begin % inner;
    std::int64_t element = column * view.strides[rank - 1];
    for (std::size_t axis = rank - 1; axis-- > 0;) {
      element += rest % view.shape[axis] * view.strides[axis];
      rest /= view.shape[axis];
    }
    const std::int64_t count = inner - column < end - begin ? inner - column : end - begin;
    body(view.host() + element * size, view.strides[rank - 1], count, begin);
    begin += count;
  }
}

/// Elements [begin, end) in row-major order of a view of any strides and any dtype but uint32, as float.
void gather_floats(const View& view, std::int64_t begin, std::int64_t end, float* to);

/// Enough rows of `bytes` each to be worth a thread's while.
std::int64_t grain_for(std::int64_t work_per_item);

}  // namespace etna::cpu
