#include "engine/ops/norm.h"

#include "engine/base/error.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/reduce.h"
#include "engine/ops/view.h"

namespace etna {

namespace {

/// x / sqrt(mean(x²) + eps) for float32 rows.
Array normalized(const Array& x, float eps) {
  const Array mean_square = mean(unary(UnaryKind::square, x), -1, KeepAxis::yes);
  return multiply(x, unary(UnaryKind::reciprocal_square_root, add(mean_square, Array::scalar(eps))));
}

void check_rows(const char* operation, const Array& x) {
  if (!is_floating(x.dtype()) || x.rank() < 1) {
    fail(Errc::invalid_argument, "{}: not defined for {} {}", operation, name(x.dtype()), to_string(x.shape()));
  }
}

void check_factor(const char* operation, const char* what, const Array& factor, const Array& x) {
  if (!is_floating(factor.dtype()) || factor.shape() != Shape{x.shape(-1)}) {
    fail(Errc::invalid_argument, "{}: {} is {} {}, x has shape {}", operation, what, name(factor.dtype()),
         to_string(factor.shape()), to_string(x.shape()));
  }
}

}  // namespace

std::optional<Array> RmsNorm::definition(std::span<const Array> inputs) const {
  Array y = normalized(cast(inputs[0], DType::float32), eps);
  if (inputs.size() > 1) y = multiply(y, add(cast(inputs[1], DType::float32), Array::scalar(weight_offset)));
  return cast(y, inputs[0].dtype());
}

std::optional<Gradients> RmsNorm::gradient(const GradientCall& call) const {
  const Array& x = call.inputs[0];
  const std::optional<Array> weight = call.inputs.size() > 1 ? std::optional(call.inputs[1]) : std::nullopt;
  Gradients gradients(call.inputs.size());
  if (call.wanted[0]) gradients[0] = rms_norm_gradient(call.gradient, x, weight, eps, weight_offset);
  if (weight && call.wanted[1]) {
    const Array rows = normalized(cast(after(x, {call.gradient}), DType::float32), eps);
    gradients[1] = cast(sum_to(multiply(cast(call.gradient, DType::float32), rows), weight->shape()), weight->dtype());
  }
  return gradients;
}

std::optional<Array> RmsNormGradient::definition(std::span<const Array> inputs) const {
  Array g = cast(inputs[0], DType::float32);
  const Array x = cast(inputs[1], DType::float32);
  if (inputs.size() > 2) g = multiply(g, add(cast(inputs[2], DType::float32), Array::scalar(weight_offset)));
  const Array mean_square = mean(unary(UnaryKind::square, x), -1, KeepAxis::yes);
  const Array scale = unary(UnaryKind::reciprocal_square_root, add(mean_square, Array::scalar(eps)));
  const Array rows = multiply(x, scale);
  const Array along = multiply(rows, mean(multiply(g, rows), -1, KeepAxis::yes));
  return cast(multiply(subtract(g, along), scale), inputs[0].dtype());
}

std::optional<Array> LayerNorm::definition(std::span<const Array> inputs) const {
  const Array x = cast(inputs[0], DType::float32);
  Array y = normalized(subtract(x, mean(x, -1, KeepAxis::yes)), eps);
  if (weight) y = multiply(y, cast(inputs[1], DType::float32));
  if (bias) y = add(y, cast(inputs.back(), DType::float32));
  return cast(y, inputs[0].dtype());
}

Array rms_norm(const Array& x, const std::optional<Array>& weight, float eps, float weight_offset) {
  check_rows("rms_norm", x);
  std::vector<Array> inputs{x};
  if (weight) {
    check_factor("rms_norm", "weight", *weight, x);
    inputs.push_back(*weight);
  }
  return Array(x.shape(), x.dtype(), std::make_shared<RmsNorm>(eps, weight_offset), std::move(inputs));
}

Array rms_norm_gradient(const Array& dy, const Array& x, const std::optional<Array>& weight, float eps,
                        float weight_offset) {
  check_rows("rms_norm_gradient", x);
  if (dy.shape() != x.shape() || dy.dtype() != x.dtype()) {
    fail(Errc::invalid_argument, "rms_norm_gradient: dy is {} {}, x {} {}", name(dy.dtype()), to_string(dy.shape()),
         name(x.dtype()), to_string(x.shape()));
  }
  std::vector<Array> inputs{dy, x};
  if (weight) {
    check_factor("rms_norm_gradient", "weight", *weight, x);
    inputs.push_back(*weight);
  }
  return Array(x.shape(), x.dtype(), std::make_shared<RmsNormGradient>(eps, weight_offset), std::move(inputs));
}

Array layer_norm(const Array& x, const std::optional<Array>& weight, const std::optional<Array>& bias, float eps) {
  check_rows("layer_norm", x);
  std::vector<Array> inputs{x};
  if (weight) {
    check_factor("layer_norm", "weight", *weight, x);
    inputs.push_back(*weight);
  }
  if (bias) {
    check_factor("layer_norm", "bias", *bias, x);
    inputs.push_back(*bias);
  }
  return Array(x.shape(), x.dtype(), std::make_shared<LayerNorm>(eps, weight.has_value(), bias.has_value()),
               std::move(inputs));
}

}  // namespace etna
