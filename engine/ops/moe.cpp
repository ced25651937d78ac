#include "engine/ops/moe.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/gather.h"
#include "engine/ops/matmul.h"
#include "engine/ops/reduce.h"
#include "engine/ops/view.h"

namespace etna {

namespace {

/// Rows of x one for each (token, slot): (T · S, k).
Array rows_of_slots(const Array& x, std::int64_t slots) {
  const std::int64_t tokens = x.shape(0), k = x.shape(-1);
  if (x.rank() == 3) return reshape(x, {tokens * slots, k});
  return reshape(broadcast_to(reshape(x, {tokens, 1, k}), {tokens, slots, k}), {tokens * slots, k});
}

void check_choice(const char* operation, const Array& x, const Array& indices) {
  const bool rows_fit = (x.rank() == 2 || x.rank() == 3) && indices.rank() == 2 && x.shape(0) == indices.shape(0) &&
                        (x.rank() == 2 || x.shape(1) == indices.shape(1));
  if (!rows_fit || !is_floating(x.dtype()) || indices.dtype() != DType::int32) {
    fail(Errc::invalid_argument,
         "{}: x is {} {}, indices are {} {}; x (T, k) or (T, S, k) and int32 (T, S) are expected", operation,
         name(x.dtype()), to_string(x.shape()), name(indices.dtype()), to_string(indices.shape()));
  }
}

std::string with_format(const char* what, const std::optional<PackedFormat>& format) {
  return format ? fmt::format("{}_{}", what, name(*format)) : what;
}

void append_weights(std::vector<Array>& inputs, const ExpertWeights& w) {
  append(inputs, w.arrays);
  if (w.bias) inputs.push_back(*w.bias);
}

ExpertWeights weights_at(std::span<const Array> inputs, std::size_t first, const std::optional<PackedFormat>& format,
                         bool bias) {
  ExpertWeights w{format ? packed_arrays(inputs, first, *format) : PackedArrays{inputs[first]}, format};
  const std::size_t arrays = format ? static_cast<std::size_t>(format->array_count()) : 1;
  if (bias) w.bias = inputs[first + arrays];
  return w;
}

/// The matrices of the chosen experts, as floats (places, n, k).
Array chosen_weights(const ExpertWeights& w, const Array& places) {
  PackedArrays arrays{take(w.arrays.weight, places)};
  if (w.arrays.scales) arrays.scales = take(*w.arrays.scales, places);
  if (w.arrays.biases) arrays.biases = take(*w.arrays.biases, places);
  return w.format ? dequantize(arrays, *w.format, DType::float32) : arrays.weight;
}

/// (T, S, n), after checking all against each other.
Shape product_shape(const char* operation, const Array& x, const ExpertWeights& w, const Array& indices) {
  check_choice(operation, x, indices);
  const Array& weight = w.arrays.weight;
  if (!w.format && (!is_floating(weight.dtype()) || w.arrays.scales || w.arrays.biases)) {
    fail(Errc::invalid_argument, "{}: the weight is {}, floats are expected", operation, name(weight.dtype()));
  }
  const Shape shape = w.format ? logical_shape(w.arrays, *w.format, operation) : weight.shape();
  if (shape.size() != 3 || shape[0] == 0 || shape[2] != x.shape(-1)) {
    fail(Errc::invalid_argument, "{}: the weight has shape {}, x {}", operation, to_string(shape),
         to_string(x.shape()));
  }
  if (w.bias && (!is_floating(w.bias->dtype()) || w.bias->shape() != Shape{shape[0], shape[1]})) {
    fail(Errc::invalid_argument, "{}: the bias is {} {}, the weight has shape {}", operation, name(w.bias->dtype()),
         to_string(w.bias->shape()), to_string(shape));
  }
  return {indices.shape(0), indices.shape(1), shape[1]};
}

/// Of one product, though the bytes are those of all weights: chosen experts alone are read.
Work product_work(std::span<const View> inputs, const View& output) {
  const View &x = inputs[0], &indices = inputs[1];
  const auto experts = static_cast<std::uint64_t>(std::max<std::int64_t>(inputs[2].shape[0], 1));
  const std::uint64_t read = std::min(experts, static_cast<std::uint64_t>(indices.size()));
  Work work{.bytes = x.bytes() + output.bytes(),
            .flops = 2 * static_cast<std::uint64_t>(output.size() * x.shape.back())};
  for (const View& weight : inputs.subspan(2)) work.bytes += weight.bytes() / experts * read;
  return work;
}

Array combined(const Array& x, const Array& weights, const Array* residual) {
  if (x.rank() != 3 || !is_floating(x.dtype()) || weights.dtype() != DType::float32 ||
      weights.shape() != Shape{x.shape(0), x.shape(1)}) {
    fail(Errc::invalid_argument,
         "combine_experts: x is {} {}, weights are {} {}; x (T, S, n) and float32 (T, S) are expected", name(x.dtype()),
         to_string(x.shape()), name(weights.dtype()), to_string(weights.shape()));
  }
  const Shape shape{x.shape(0), x.shape(2)};
  std::vector<Array> inputs{x, weights};
  if (residual) {
    if (residual->shape() != shape || residual->dtype() != x.dtype()) {
      fail(Errc::invalid_argument, "combine_experts: the residual is {} {}, the sum {} {}", name(residual->dtype()),
           to_string(residual->shape()), name(x.dtype()), to_string(shape));
    }
    inputs.push_back(*residual);
  }
  return Array(shape, x.dtype(), std::make_shared<CombineExperts>(), std::move(inputs));
}

}  // namespace

std::string ExpertMatmul::name() const {
  return with_format("expert_matmul", format);
}

ExpertWeights ExpertMatmul::weights(std::span<const Array> inputs) const { return weights_at(inputs, 2, format, bias); }

std::optional<Array> ExpertMatmul::definition(std::span<const Array> inputs) const {
  const Array &x = inputs[0], &indices = inputs[1];
  const std::int64_t tokens = indices.shape(0), slots = indices.shape(1), k = x.shape(-1);
  const Array w = chosen_weights(weights(inputs), reshape(indices, {tokens * slots}));
  const Array rows = cast(reshape(rows_of_slots(x, slots), {tokens * slots, 1, k}), DType::float32);
  Array y = reshape(matmul(rows, w, Transpose::yes), {tokens, slots, w.shape(1)});
  if (bias) y = add(y, cast(take(inputs.back(), indices), DType::float32));
  return cast(y, x.dtype());
}

std::optional<Gradients> ExpertMatmul::gradient(const GradientCall& call) const {
  const Array &x = call.inputs[0], &indices = call.inputs[1], &dy = call.gradient;
  const ExpertWeights w = weights(call.inputs);
  const std::int64_t tokens = indices.shape(0), slots = indices.shape(1);
  const std::size_t arrays = format ? static_cast<std::size_t>(format->array_count()) : 1;
  Gradients gradients(call.inputs.size());
  if (call.wanted[0]) {
    const Array of_pairs = expert_matmul_back(dy, w, indices);
    gradients[0] = x.rank() == 3 ? of_pairs : sum(of_pairs, 1);
  }
  for (std::size_t i = 2; i < 2 + arrays; ++i) {
    if (!call.wanted[i]) continue;
    if (format) fail(Errc::unsupported, "{}: packed weights have no gradient", name());
    const Array rows = reshape(rows_of_slots(x, slots), {tokens, slots, x.shape(-1)});
    gradients[i] = expert_outer_sum(dy, rows, indices, w.arrays.weight.shape(0), w.arrays.weight.dtype());
  }
  if (bias && call.wanted.back()) gradients.back() = cast(scatter_add(dy, indices, w.bias->shape(0)), w.bias->dtype());
  return gradients;
}

std::string ExpertMatmulBack::name() const {
  return with_format("expert_matmul_back", format);
}

std::optional<Array> ExpertMatmulBack::definition(std::span<const Array> inputs) const {
  const Array &dy = inputs[0], &indices = inputs[1];
  const std::int64_t tokens = indices.shape(0), slots = indices.shape(1);
  const Array w = chosen_weights(weights_at(inputs, 2, format, false), reshape(indices, {tokens * slots}));
  const Array rows = cast(reshape(dy, {tokens * slots, 1, dy.shape(-1)}), DType::float32);
  return cast(reshape(matmul(rows, w), {tokens, slots, w.shape(2)}), dy.dtype());
}

Work ExpertMatmulBack::work(std::span<const View> inputs, const View& output) const {
  return product_work(inputs, output);
}

Array expert_matmul_back(const Array& dy, const ExpertWeights& w, const Array& indices) {
  check_choice("expert_matmul_back", dy, indices);
  const Shape shape = w.format ? logical_shape(w.arrays, *w.format, "expert_matmul_back") : w.arrays.weight.shape();
  if (dy.rank() != 3 || shape.size() != 3 || shape[0] == 0 || shape[1] != dy.shape(-1)) {
    fail(Errc::invalid_argument, "expert_matmul_back: the weight has shape {}, dy {}", to_string(shape),
         to_string(dy.shape()));
  }
  std::vector<Array> inputs{dy, indices};
  append(inputs, w.arrays);
  return Array({dy.shape(0), dy.shape(1), shape[2]}, dy.dtype(), std::make_shared<ExpertMatmulBack>(w.format),
               std::move(inputs));
}

std::optional<Array> ExpertOuterSum::definition(std::span<const Array> inputs) const {
  const Array &dy = inputs[0], &x = inputs[1], &indices = inputs[2];
  const std::int64_t tokens = indices.shape(0), slots = indices.shape(1), n = dy.shape(-1), k = x.shape(-1);
  const Array left = cast(reshape(dy, {tokens, slots, n, 1}), DType::float32),
              right = cast(reshape(x, {tokens, slots, 1, k}), DType::float32);
  return cast(scatter_add(multiply(left, right), indices, experts), dtype);
}

Work ExpertOuterSum::work(std::span<const View> inputs, const View& output) const {
  Work work = Op::work(inputs, output);
  work.flops = 2 * static_cast<std::uint64_t>(inputs[0].size() * inputs[1].shape.back());
  return work;
}

Array expert_outer_sum(const Array& dy, const Array& x, const Array& indices, std::int64_t experts, DType dtype) {
  check_choice("expert_outer_sum", dy, indices);
  check_choice("expert_outer_sum", x, indices);
  if (dy.rank() != 3 || x.rank() != 3 || dy.dtype() != x.dtype() || experts < 1 || !is_floating(dtype)) {
    fail(Errc::invalid_argument, "expert_outer_sum: dy {} {}, x {} {}, {} experts", name(dy.dtype()),
         to_string(dy.shape()), name(x.dtype()), to_string(x.shape()), experts);
  }
  return Array({experts, dy.shape(-1), x.shape(-1)}, dtype, std::make_shared<ExpertOuterSum>(experts, dtype),
               {dy, x, indices});
}

Work ExpertMatmul::work(std::span<const View> inputs, const View& output) const {
  return product_work(inputs, output);
}

std::string ExpertGated::name() const {
  return with_format("expert_gated", format);
}

std::optional<Array> ExpertGated::definition(std::span<const Array> inputs) const {
  const ExpertWeights gate = weights_at(inputs, 2, format, bias), up = weights_at(inputs, 2 + arrays(), format, bias);
  return gated(expert_matmul(inputs[0], gate, inputs[1]), expert_matmul(inputs[0], up, inputs[1]), kind);
}

Work ExpertGated::work(std::span<const View> inputs, const View& output) const {
  Work work = product_work(inputs, output);
  work.flops *= 2;
  return work;
}

Array expert_matmul(const Array& x, const ExpertWeights& w, const Array& indices) {
  const Shape shape = product_shape("expert_matmul", x, w, indices);
  std::vector<Array> inputs{x, indices};
  append_weights(inputs, w);
  return Array(shape, x.dtype(), std::make_shared<ExpertMatmul>(w.format, w.bias.has_value()), std::move(inputs));
}

Array expert_matmul(const Array& x, const Array& w, const Array& indices, const std::optional<Array>& bias) {
  return expert_matmul(x, ExpertWeights{{w}, std::nullopt, bias}, indices);
}

Array expert_matmul(const Array& x, const PackedArrays& w, const PackedFormat& format, const Array& indices,
                    const std::optional<Array>& bias) {
  return expert_matmul(x, ExpertWeights{w, format, bias}, indices);
}

Array expert_gated(const Array& x, const ExpertWeights& gate, const ExpertWeights& up, const Array& indices,
                   GateKind kind) {
  const Shape shape = product_shape("expert_gated", x, gate, indices);
  const Shape second = product_shape("expert_gated", x, up, indices);
  if (shape != second || gate.format != up.format || gate.bias.has_value() != up.bias.has_value()) {
    fail(Errc::invalid_argument, "expert_gated: gate gives {}, up {}; both must be alike in shape, format and bias",
         to_string(shape), to_string(second));
  }
  std::vector<Array> inputs{x, indices};
  append_weights(inputs, gate);
  append_weights(inputs, up);
  return Array(shape, x.dtype(), std::make_shared<ExpertGated>(gate.format, gate.bias.has_value(), kind),
               std::move(inputs));
}

std::optional<Array> CombineExperts::definition(std::span<const Array> inputs) const {
  const Array &x = inputs[0], &weights = inputs[1];
  const Array scaled = multiply(cast(x, DType::float32), reshape(weights, {x.shape(0), x.shape(1), 1}));
  Array y = sum(scaled, 1);
  if (inputs.size() > 2) y = add(y, cast(inputs[2], DType::float32));
  return cast(y, x.dtype());
}

Array combine_experts(const Array& x, const Array& weights) {
  return combined(x, weights, nullptr);
}

Array combine_experts_residual(const Array& x, const Array& weights, const Array& residual) {
  return combined(x, weights, &residual);
}

}  // namespace etna
