#pragma once

#include "engine/array/array.h"

namespace etna {

enum class ReduceKind : std::uint32_t { sum, maximum, minimum, argmax };
enum class KeepAxis { no, yes };

/// Over the last axis of x (..., n), n >= 1, any strides. Output (...) of x's dtype, summed in float32; argmax gives
/// int32, the lowest index of equals.
struct Reduce : OpOf<Reduce> {
  ReduceKind kind;
  explicit Reduce(ReduceKind k) : kind(k) {}
  std::string name() const override;
  std::optional<Gradients> gradient(const GradientCall& call) const override;
};

Array reduce(ReduceKind kind, const Array& x, int axis, KeepAxis keep = KeepAxis::no);
inline Array sum(const Array& x, int axis, KeepAxis keep = KeepAxis::no) { return reduce(ReduceKind::sum, x, axis, keep); }
inline Array maximum_along(const Array& x, int axis, KeepAxis keep = KeepAxis::no) { return reduce(ReduceKind::maximum, x, axis, keep); }
Array mean(const Array& x, int axis, KeepAxis keep = KeepAxis::no);
inline Array argmax(const Array& x, int axis) { return reduce(ReduceKind::argmax, x, axis); }

}  // namespace etna
