#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace etna {

/// Sizes of the axes, outermost first. A scalar has none.
using Shape = std::vector<std::int64_t>;

/// Elements (not bytes) from one index of an axis to the next; 0 along a broadcast axis.
using Strides = std::vector<std::int64_t>;

std::int64_t element_count(const Shape& shape);
Strides contiguous_strides(const Shape& shape);

/// "(2, 3)".
std::string to_string(const Shape& shape);

/// The shape both broadcast to (NumPy's rule). Throws invalid_argument naming `operation`.
Shape broadcast_shapes(const Shape& a, const Shape& b, const char* operation);

/// Turns -1 into the last axis and so on. Throws invalid_argument naming `operation`.
int normalize_axis(int axis, const Shape& shape, const char* operation);

}  // namespace etna
