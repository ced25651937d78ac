#include "engine/ops/rope.h"

#include "engine/base/error.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/gather.h"
#include "engine/ops/view.h"

namespace etna {

std::optional<Array> Rope::definition(std::span<const Array> inputs) const {
  const Array& x = inputs[0];
  const std::int64_t batch = x.shape(0), length = x.shape(1), size = x.shape(3), half = inputs[2].shape(0);
  const Array positions = cast(add(reshape(inputs[1], {batch, 1}), reshape(arange(length), {1, length})), DType::float32);
  const Array angles = multiply(reshape(positions, {batch, length, 1, 1}), reshape(inputs[2], {1, 1, 1, half}));
  const Array cosine = unary(UnaryKind::cosine, angles), sine = unary(UnaryKind::sine, angles);
  const Array wide = cast(x, DType::float32);
  const Array first = slice(wide, 3, 0, half), second = slice(wide, 3, half, 2 * half);
  std::vector<Array> parts{subtract(multiply(first, cosine), multiply(second, sine)),
                           add(multiply(second, cosine), multiply(first, sine))};
  if (2 * half < size) parts.push_back(slice(wide, 3, 2 * half, size));
  return cast(concatenate(parts, 3), x.dtype());
}

Array rope(const Array& x, const Array& offsets, const Array& frequencies) {
  if (x.rank() != 4 || !is_floating(x.dtype())) {
    fail(Errc::invalid_argument, "rope: x is {} {}, expected floating (B, L, H, D)", name(x.dtype()), to_string(x.shape()));
  }
  if (offsets.dtype() != DType::int32 || offsets.shape() != Shape{x.shape(0)}) {
    fail(Errc::invalid_argument, "rope: offsets are {} {}, expected int32 ({})", name(offsets.dtype()), to_string(offsets.shape()), x.shape(0));
  }
  if (frequencies.dtype() != DType::float32 || frequencies.rank() != 1 || 2 * frequencies.shape(0) > x.shape(3)) {
    fail(Errc::invalid_argument, "rope: {} frequencies {} for heads of {}", name(frequencies.dtype()), to_string(frequencies.shape()), x.shape(3));
  }
  return Array(x.shape(), x.dtype(), std::make_shared<Rope>(), {x, offsets, frequencies});
}

}  // namespace etna
