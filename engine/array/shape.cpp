#include "engine/array/shape.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/array/dtype.h"
#include "engine/base/error.h"

namespace etna {

std::size_t size_of(DType dtype) {
  constexpr std::size_t sizes[] = {4, 2, 2, 4, 4, 1, 1};
  return sizes[static_cast<int>(dtype)];
}

const char* name(DType dtype) {
  constexpr const char* names[] = {"float32", "float16", "bfloat16", "int32", "uint32", "uint8", "bool"};
  return names[static_cast<int>(dtype)];
}

std::int64_t element_count(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  return count;
}

Strides contiguous_strides(const Shape& shape) {
  Strides strides(shape.size());
  std::int64_t step = 1;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

std::string to_string(const Shape& shape) { return fmt::format("({})", fmt::join(shape, ", ")); }

Shape broadcast_shapes(const Shape& a, const Shape& b, const char* operation) {
  Shape result(std::max(a.size(), b.size()), 1);
  for (std::size_t i = 0; i < result.size(); ++i) {
    const std::int64_t size_a = i < a.size() ? a[a.size() - 1 - i] : 1;
    const std::int64_t size_b = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (size_a != size_b && size_a != 1 && size_b != 1) {
      fail(Errc::invalid_argument, "{}: shapes {} and {} do not broadcast", operation, to_string(a), to_string(b));
    }
    result[result.size() - 1 - i] = size_a == 1 ? size_b : size_a;
  }
  return result;
}

int normalize_axis(int axis, const Shape& shape, const char* operation) {
  const int rank = static_cast<int>(shape.size());
  if (axis < -rank || axis >= rank) fail(Errc::invalid_argument, "{}: axis {} of an array of shape {}", operation, axis, to_string(shape));
  return axis < 0 ? axis + rank : axis;
}

}  // namespace etna
