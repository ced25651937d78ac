#pragma once

#include "engine/array/array.h"

namespace etna {

/// Inputs: x (..., n), weight (n) of any floating dtype.
struct RmsNorm : OpOf<RmsNorm> {
  float eps;
  explicit RmsNorm(float e) : eps(e) {}
  std::string name() const override { return "rms_norm"; }
  std::optional<Array> definition(std::span<const Array> inputs) const override;
};

/// Root-mean-square normalisation over the last axis: y = x / sqrt(mean(x²) + eps) · weight.
///
/// x       (..., n)  float32, float16 or bfloat16
/// weight  (n)       floating
/// returns (..., n)  type of x; computed in float32
///
/// Throws invalid_argument if weight has not n elements. Source: arXiv:1910.07467.
Array rms_norm(const Array& x, const Array& weight, float eps);

}  // namespace etna
