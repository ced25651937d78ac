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
  const bool split = layout == RopeLayout::half_split;
  const Shape heads{batch, length, x.shape(2), half};
  // The pairs' axis goes before or behind that of their number.
  const int axis = split ? 3 : 4;
  const Array pairs = reshape(slice(wide, 3, 0, 2 * half), split ? Shape{batch, length, x.shape(2), 2, half} : Shape{batch, length, x.shape(2), half, 2});
  const auto scaled = [&](const Array& part) { return multiply(reshape(part, heads), Array::scalar(magnitude)); };
  const Array first = scaled(slice(pairs, axis, 0, 1)), second = scaled(slice(pairs, axis, 1, 2));
  const auto member = [&](const Array& part) { return reshape(part, split ? Shape{batch, length, x.shape(2), 1, half} : Shape{batch, length, x.shape(2), half, 1}); };
  const Array turned = concatenate({member(subtract(multiply(first, cosine), multiply(second, sine))),
                                    member(add(multiply(second, cosine), multiply(first, sine)))},
                                   axis);
  std::vector<Array> parts{reshape(turned, {batch, length, x.shape(2), 2 * half})};
  if (2 * half < size) parts.push_back(slice(wide, 3, 2 * half, size));
  return cast(concatenate(parts, 3), x.dtype());
}

/// Turned back.
std::optional<Gradients> Rope::gradient(const GradientCall& call) const {
  if (call.wanted[2]) fail(Errc::unsupported, "rope: there is no gradient by the frequencies");
  const Array backwards = unary(UnaryKind::negative, call.inputs[2]);
  return Gradients{rope(call.gradient, call.inputs[1], backwards, layout, magnitude), std::nullopt, std::nullopt};
}

Array rope(const Array& x, const Array& offsets, const Array& frequencies, RopeLayout layout, float magnitude) {
  if (x.rank() != 4 || !is_floating(x.dtype())) {
    fail(Errc::invalid_argument, "rope: x is {} {}, expected floating (B, L, H, D)", name(x.dtype()), to_string(x.shape()));
  }
  if (offsets.dtype() != DType::int32 || offsets.shape() != Shape{x.shape(0)}) {
    fail(Errc::invalid_argument, "rope: offsets are {} {}, expected int32 ({})", name(offsets.dtype()), to_string(offsets.shape()), x.shape(0));
  }
  if (frequencies.dtype() != DType::float32 || frequencies.rank() != 1 || 2 * frequencies.shape(0) > x.shape(3)) {
    fail(Errc::invalid_argument, "rope: {} frequencies {} for heads of {}", name(frequencies.dtype()), to_string(frequencies.shape()), x.shape(3));
  }
  auto op = std::make_shared<Rope>();
  op->layout = layout;
  op->magnitude = magnitude;
  return Array(x.shape(), x.dtype(), std::move(op), {x, offsets, frequencies});
}

}  // namespace etna
