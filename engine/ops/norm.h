#pragma once

#include "engine/array/array.h"

namespace etna {

/// Inputs: x (..., n), weight (n) of any floating dtype where there is one.
struct RmsNorm : OpOf<RmsNorm> {
  float eps;
  float weight_offset;

  RmsNorm(float e, float offset) : eps(e), weight_offset(offset) {}

  std::string name() const override { return "rms_norm"; }

  std::optional<Array> definition(std::span<const Array> inputs) const override;
  std::optional<Gradients> gradient(const GradientCall& call) const override;
};

/// Root-mean-square normalisation over the last axis: y = x / sqrt(mean(x²) + eps) · (weight + weight_offset).
///
/// x       (..., n)  float32, float16 or bfloat16
/// weight  (n)       floating, or absent: no factor
/// returns (..., n)  type of x; computed in float32
///
/// Throws invalid_argument if weight has not n elements. Source: arXiv:1910.07467. Gemma stores weights less one: its
/// offset is 1.
Array rms_norm(const Array& x, const std::optional<Array>& weight, float eps, float weight_offset = 0);

/// Inputs: dy (..., n), x as dy, weight (n) of any floating dtype where there is one. Output as dy.
struct RmsNormGradient : OpOf<RmsNormGradient> {
  float eps;
  float weight_offset;

  RmsNormGradient(float e, float offset) : eps(e), weight_offset(offset) {}

  std::string name() const override { return "rms_norm_gradient"; }

  std::optional<Array> definition(std::span<const Array> inputs) const override;
};

/// The gradient of rms_norm with respect to x: with r = 1 / sqrt(mean(x²) + eps) and g = dy · (weight + weight_offset),
/// dx = r · (g - r² · x · mean(g · x)); computed in float32.
Array rms_norm_gradient(const Array& dy, const Array& x, const std::optional<Array>& weight, float eps, float weight_offset = 0);

/// Inputs: x (..., n), then weight (n) and bias (n), each of any floating dtype, where there are such.
struct LayerNorm : OpOf<LayerNorm> {
  float eps;
  bool weight;
  bool bias;

  LayerNorm(float e, bool has_weight, bool has_bias) : eps(e), weight(has_weight), bias(has_bias) {}

  std::string name() const override { return "layer_norm"; }

  std::optional<Array> definition(std::span<const Array> inputs) const override;
};

/// Layer normalisation over the last axis: y = (x - mean(x)) / sqrt(mean((x - mean(x))²) + eps) · weight + bias.
///
/// x             (..., n)  float32, float16 or bfloat16
/// weight, bias  (n)       floating, or absent
/// returns       (..., n)  type of x; computed in float32
///
/// Throws invalid_argument if weight or bias has not n elements. Source: arXiv:1607.06450.
Array layer_norm(const Array& x, const std::optional<Array>& weight, const std::optional<Array>& bias, float eps);

}  // namespace etna
