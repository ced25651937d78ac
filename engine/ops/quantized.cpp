#include "engine/ops/quantized.h"

#include <algorithm>
#include <array>

#include "engine/base/error.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/gather.h"

namespace etna {

namespace {

std::string with_format(const char* what, const AffineFormat& format) {
  return fmt::format("{}_q{}g{}", what, format.bits, format.group_size);
}

/// Checks the three arrays against each other; returns the logical (n, k) shape with leading axes.
Shape logical_shape(const AffineArrays& w, const AffineFormat& format, const char* operation) {
  if (w.weight.dtype() != DType::uint32 || w.weight.rank() < 2) {
    fail(Errc::invalid_argument, "{}: the packed weight is {} {}, expected uint32 with two axes or more", operation,
         name(w.weight.dtype()), to_string(w.weight.shape()));
  }
  Shape shape = w.weight.shape();
  shape.back() = shape.back() * 32 / format.bits;
  check_format(format, shape.back(), operation);
  Shape groups = shape;
  groups.back() /= format.group_size;
  if (w.scales.shape() != groups || w.biases.shape() != groups || !is_floating(w.scales.dtype()) || w.biases.dtype() != w.scales.dtype()) {
    fail(Errc::invalid_argument, "{}: scales are {} {} and biases {} {}, expected {} of one floating type", operation,
         name(w.scales.dtype()), to_string(w.scales.shape()), name(w.biases.dtype()), to_string(w.biases.shape()), to_string(groups));
  }
  return shape;
}

Array product(const Array& x, const AffineArrays& w, const AffineFormat& format, Transpose transpose, const Array* residual) {
  constexpr const char* what = "quantized_matmul";
  const Shape logical = logical_shape(w, format, what);
  const bool transposed = transpose == Transpose::yes;
  if (logical.size() != 2) fail(Errc::invalid_argument, "{}: the weight has shape {}, expected two axes", what, to_string(logical));
  const std::int64_t k = transposed ? logical[1] : logical[0];
  if (!is_floating(x.dtype()) || x.rank() < 1 || x.shape(-1) != k) {
    fail(Errc::invalid_argument, "{}: x is {} {}, the weight {}", what, name(x.dtype()), to_string(x.shape()), to_string(logical));
  }
  Shape shape = x.shape();
  shape.back() = transposed ? logical[0] : logical[1];
  std::vector<Array> inputs{x, w.weight, w.scales, w.biases};
  if (residual) {
    if (residual->shape() != shape || residual->dtype() != x.dtype()) {
      fail(Errc::invalid_argument, "{}: the residual has shape {}, the product {}", what, to_string(residual->shape()), to_string(shape));
    }
    inputs.push_back(*residual);
  }
  return Array(shape, x.dtype(), std::make_shared<QuantizedMatmul>(format, transpose, residual != nullptr), std::move(inputs));
}

Work product_work(std::span<const View> inputs, const View& output, const View& x, int products) {
  Work work;
  work.bytes = output.bytes();
  for (const View& input : inputs) work.bytes += input.bytes();
  work.flops = 2 * static_cast<std::uint64_t>(products) * static_cast<std::uint64_t>(output.size() * x.shape.back());
  return work;
}

}  // namespace

void check_format(const AffineFormat& format, std::int64_t k, const char* operation) {
  constexpr std::array bits{2, 3, 4, 5, 6, 8};
  constexpr std::array groups{32, 64, 128};
  if (std::ranges::find(bits, format.bits) == bits.end() || std::ranges::find(groups, format.group_size) == groups.end()) {
    fail(Errc::invalid_argument, "{}: {} bits in groups of {}; known are 2, 3, 4, 5, 6, 8 bits in groups of 32, 64, 128", operation,
         format.bits, format.group_size);
  }
  if (k % format.group_size != 0) {
    fail(Errc::invalid_argument, "{}: the last axis has {} elements, no multiple of the group size {}", operation, k, format.group_size);
  }
}

std::string QuantizedMatmul::name() const {
  return with_format(residual ? "quantized_matmul_residual" : "quantized_matmul", format);
}

std::optional<Array> QuantizedMatmul::definition(std::span<const Array> inputs) const {
  const AffineArrays w{inputs[1], inputs[2], inputs[3]};
  if (residual) return add(quantized_matmul(inputs[0], w, format, transpose), inputs[4]);
  return matmul(inputs[0], dequantize(w, format, DType::float32), transpose);
}

Work QuantizedMatmul::work(std::span<const View> inputs, const View& output) const {
  return product_work(inputs, output, inputs[0], 1);
}

std::string QuantizedSwiglu::name() const { return with_format("quantized_swiglu", format); }

std::optional<Array> QuantizedSwiglu::definition(std::span<const Array> inputs) const {
  const Array gate = quantized_matmul(inputs[0], {inputs[1], inputs[2], inputs[3]}, format);
  const Array up = quantized_matmul(inputs[0], {inputs[4], inputs[5], inputs[6]}, format);
  return silu_multiply(gate, up);
}

Work QuantizedSwiglu::work(std::span<const View> inputs, const View& output) const {
  return product_work(inputs, output, inputs[0], 2);
}

std::string Dequantize::name() const { return with_format("dequantize", format); }

std::string DequantizeRows::name() const { return with_format("dequantize_rows", format); }

std::optional<Array> DequantizeRows::definition(std::span<const Array> inputs) const {
  const auto rows = [&](const Array& table) { return take(table, inputs[3]); };
  return dequantize({rows(inputs[0]), rows(inputs[1]), rows(inputs[2])}, format, dtype);
}

Array quantized_matmul(const Array& x, const AffineArrays& w, const AffineFormat& format, Transpose transpose) {
  return product(x, w, format, transpose, nullptr);
}

Array quantized_matmul_residual(const Array& x, const AffineArrays& w, const AffineFormat& format, const Array& residual) {
  return product(x, w, format, Transpose::yes, &residual);
}

Array quantized_swiglu(const Array& x, const AffineArrays& gate, const AffineArrays& up, const AffineFormat& format) {
  const Array one = product(x, gate, format, Transpose::yes, nullptr);
  const Array two = product(x, up, format, Transpose::yes, nullptr);
  if (one.shape() != two.shape()) {
    fail(Errc::invalid_argument, "quantized_swiglu: gate gives {}, up {}", to_string(one.shape()), to_string(two.shape()));
  }
  return Array(one.shape(), x.dtype(), std::make_shared<QuantizedSwiglu>(format),
               {x, gate.weight, gate.scales, gate.biases, up.weight, up.scales, up.biases});
}

Array dequantize(const AffineArrays& w, const AffineFormat& format, DType dtype) {
  return Array(logical_shape(w, format, "dequantize"), dtype, std::make_shared<Dequantize>(format), {w.weight, w.scales, w.biases});
}

Array dequantize_rows(const AffineArrays& w, const AffineFormat& format, const Array& indices, DType dtype) {
  const Shape logical = logical_shape(w, format, "dequantize_rows");
  if (logical.size() != 2 || indices.dtype() != DType::int32) {
    fail(Errc::invalid_argument, "dequantize_rows: a weight of shape {} and {} indices", to_string(logical), name(indices.dtype()));
  }
  Shape shape = indices.shape();
  shape.push_back(logical[1]);
  return Array(shape, dtype, std::make_shared<DequantizeRows>(format, dtype), {w.weight, w.scales, w.biases, indices});
}

}  // namespace etna
