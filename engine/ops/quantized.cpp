#include "engine/ops/quantized.h"

#include <algorithm>
#include <array>

#include "engine/base/error.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/gather.h"

namespace etna {

namespace {

std::string with_format(const char* what, const PackedFormat& format) {
  return fmt::format("{}_{}", what, name(format));
}

void check_weight(const Array& weight, const PackedFormat& format, const char* operation) {
  const FormatTraits& kind = traits(format.kind);
  if (weight.dtype() != kind.weight || weight.rank() < 2) {
    fail(Errc::invalid_argument, "{}: the packed weight is {} {}, expected {} with two axes or more", operation,
         name(weight.dtype()), to_string(weight.shape()), name(kind.weight));
  }
  if (kind.block_bytes > 0 && weight.shape(-1) % kind.block_bytes != 0) {
    fail(Errc::invalid_argument, "{}: rows of {} bytes are no whole blocks of {} ({} bytes each)", operation,
         weight.shape(-1), kind.name, kind.block_bytes);
  }
}

/// Scales or biases of `wanted` shape; float or bytes as the format has them.
void check_part(const std::optional<Array>& part, bool needed, const char* what, const Shape& wanted,
                const PackedFormat& format, const char* operation) {
  if (part.has_value() != needed) {
    fail(Errc::invalid_argument, "{}: {} has {} {}", operation, name(format), needed ? "also" : "no", what);
  }
  if (!needed) return;
  const bool floating = traits(format.kind).scales == ScaleType::floating;
  const bool fits = floating ? is_floating(part->dtype()) : part->dtype() == DType::uint8;
  if (!fits || part->shape() != wanted) {
    fail(Errc::invalid_argument, "{}: {} are {} {}, expected {} {}", operation, what, name(part->dtype()),
         to_string(part->shape()), floating ? "a floating type" : "uint8", to_string(wanted));
  }
}

Array product(const Array& x, const PackedArrays& w, const PackedFormat& format, Transpose transpose,
              const Array* residual) {
  constexpr const char* what = "quantized_matmul";
  const Shape logical = logical_shape(w, format, what);
  const bool transposed = transpose == Transpose::yes;
  if (logical.size() != 2) {
    fail(Errc::invalid_argument, "{}: the weight has shape {}, expected two axes", what, to_string(logical));
  }
  const std::int64_t k = transposed ? logical[1] : logical[0];
  if (!is_floating(x.dtype()) || x.rank() < 1 || x.shape(-1) != k) {
    fail(Errc::invalid_argument, "{}: x is {} {}, the weight {}", what, name(x.dtype()), to_string(x.shape()),
         to_string(logical));
  }
  Shape shape = x.shape();
  shape.back() = transposed ? logical[0] : logical[1];
  std::vector<Array> inputs{x};
  append(inputs, w);
  if (residual) {
    if (residual->shape() != shape || residual->dtype() != x.dtype()) {
      fail(Errc::invalid_argument, "{}: the residual has shape {}, the product {}", what, to_string(residual->shape()),
           to_string(shape));
    }
    inputs.push_back(*residual);
  }
  return Array(shape, x.dtype(), std::make_shared<QuantizedMatmul>(format, transpose, residual != nullptr),
               std::move(inputs));
}

Work product_work(std::span<const View> inputs, const View& output, const View& x, int products) {
  Work work;
  work.bytes = output.bytes();
  for (const View& input : inputs) work.bytes += input.bytes();
  work.flops =
      2 * static_cast<std::uint64_t>(products) * static_cast<std::uint64_t>(output.size() * x.shape.back());
  return work;
}

}  // namespace

std::string name(const PackedFormat& format) {
  if (format.kind == PackedKind::affine) return fmt::format("q{}g{}", format.bits, format.group_size);
  const std::string kind(traits(format.kind).name);
  return format.kind == PackedKind::fp8_e4m3 ? fmt::format("{}g{}", kind, format.group_size) : kind;
}

void append(std::vector<Array>& inputs, const PackedArrays& w) {
  inputs.push_back(w.weight);
  if (w.scales) inputs.push_back(*w.scales);
  if (w.biases) inputs.push_back(*w.biases);
}

PackedArrays packed_arrays(std::span<const Array> inputs, std::size_t first, const PackedFormat& format) {
  PackedArrays w{inputs[first]};
  if (format.array_count() > 1) w.scales = inputs[first + 1];
  if (format.array_count() > 2) w.biases = inputs[first + 2];
  return w;
}

void check_format(const PackedFormat& format, std::int64_t k, const char* operation) {
  constexpr std::array bits{2, 3, 4, 5, 6, 8};
  constexpr std::array groups{32, 64, 128};
  const FormatTraits& kind = traits(format.kind);
  if (format.kind == PackedKind::affine) {
    if (std::ranges::find(bits, format.bits) == bits.end() ||
        std::ranges::find(groups, format.group_size) == groups.end()) {
      fail(Errc::invalid_argument,
           "{}: {} bits in groups of {}; known are 2, 3, 4, 5, 6, 8 bits in groups of 32, 64, 128", operation,
           format.bits, format.group_size);
    }
  } else if (format.bits != kind.bits ||
             (kind.group_size > 0 ? format.group_size != kind.group_size : format.group_size < 1)) {
    fail(Errc::invalid_argument, "{}: {} has {} bits in groups of {}, not {} in {}", operation, kind.name, kind.bits,
         kind.group_size, format.bits, format.group_size);
  }
  if (format.kind != PackedKind::fp8_e4m3 && k % format.group_size != 0) {
    fail(Errc::invalid_argument, "{}: the last axis has {} elements, no multiple of the group size {}", operation, k,
         format.group_size);
  }
}

Shape logical_shape(const PackedArrays& w, const PackedFormat& format, const char* operation) {
  check_weight(w.weight, format, operation);
  check_format(format, 0, operation);
  Shape shape = w.weight.shape();
  shape.back() = format.row_weights(shape.back());
  check_format(format, shape.back(), operation);
  Shape groups = shape;
  groups.back() = format.row_groups(shape.back());
  check_part(w.scales, format.array_count() > 1, "scales", groups, format, operation);
  check_part(w.biases, format.array_count() > 2, "biases", groups, format, operation);
  if (w.biases && w.biases->dtype() != w.scales->dtype()) {
    fail(Errc::invalid_argument, "{}: scales are {} and biases {}, expected one type", operation,
         name(w.scales->dtype()), name(w.biases->dtype()));
  }
  return shape;
}

std::string QuantizedMatmul::name() const {
  return with_format(residual ? "quantized_matmul_residual" : "quantized_matmul", format);
}

std::optional<Array> QuantizedMatmul::definition(std::span<const Array> inputs) const {
  const PackedArrays w = packed_arrays(inputs, 1, format);
  if (residual) return add(quantized_matmul(inputs[0], w, format, transpose), inputs.back());
  return matmul(inputs[0], dequantize(w, format, DType::float32), transpose);
}

std::optional<Gradients> QuantizedMatmul::gradient(const GradientCall& call) const {
  for (int i = 1; i <= format.array_count(); ++i) {
    if (call.wanted[static_cast<std::size_t>(i)])
      fail(Errc::unsupported, "{}: packed weights have no gradient", name());
  }
  // The other side of the same rows: they are never written out as floats.
  const Transpose other = transpose == Transpose::yes ? Transpose::no : Transpose::yes;
  Gradients gradients(call.inputs.size());
  if (call.wanted[0])
    gradients[0] = quantized_matmul(call.gradient, packed_arrays(call.inputs, 1, format), format, other);
  if (residual && call.wanted.back()) gradients.back() = call.gradient;
  return gradients;
}

Work QuantizedMatmul::work(std::span<const View> inputs, const View& output) const {
  return product_work(inputs, output, inputs[0], 1);
}

std::string QuantizedGated::name() const {
  return with_format(kind == GateKind::silu ? "quantized_swiglu" : "quantized_gated", format);
}

std::optional<Array> QuantizedGated::definition(std::span<const Array> inputs) const {
  const auto second = static_cast<std::size_t>(1 + format.array_count());
  const Array gate = quantized_matmul(inputs[0], packed_arrays(inputs, 1, format), format);
  const Array up = quantized_matmul(inputs[0], packed_arrays(inputs, second, format), format);
  return gated(gate, up, kind);
}

Work QuantizedGated::work(std::span<const View> inputs, const View& output) const {
  return product_work(inputs, output, inputs[0], 2);
}

std::string Dequantize::name() const { return with_format("dequantize", format); }

std::string DequantizeRows::name() const { return with_format("dequantize_rows", format); }

std::optional<Array> DequantizeRows::definition(std::span<const Array> inputs) const {
  const auto rows = [&](const Array& table) { return take(table, inputs.back()); };
  PackedArrays w = packed_arrays(inputs, 0, format);
  w.weight = rows(w.weight);
  if (w.scales) w.scales = rows(*w.scales);
  if (w.biases) w.biases = rows(*w.biases);
  return dequantize(w, format, dtype);
}

Array quantized_matmul(const Array& x, const PackedArrays& w, const PackedFormat& format, Transpose transpose) {
  return product(x, w, format, transpose, nullptr);
}

Array quantized_matmul_residual(const Array& x, const PackedArrays& w, const PackedFormat& format,
                                const Array& residual) {
  return product(x, w, format, Transpose::yes, &residual);
}

Array quantized_gated(const Array& x, const PackedArrays& gate, const PackedArrays& up, const PackedFormat& format,
                      GateKind kind) {
  const Array one = product(x, gate, format, Transpose::yes, nullptr);
  const Array two = product(x, up, format, Transpose::yes, nullptr);
  if (one.shape() != two.shape()) {
    fail(Errc::invalid_argument, "quantized_gated: gate gives {}, up {}", to_string(one.shape()),
         to_string(two.shape()));
  }
  std::vector<Array> inputs{x};
  append(inputs, gate);
  append(inputs, up);
  return Array(one.shape(), x.dtype(), std::make_shared<QuantizedGated>(format, kind), std::move(inputs));
}

Array dequantize(const PackedArrays& w, const PackedFormat& format, DType dtype) {
  std::vector<Array> inputs;
  append(inputs, w);
  return Array(logical_shape(w, format, "dequantize"), dtype, std::make_shared<Dequantize>(format),
               std::move(inputs));
}

Array dequantize_rows(const PackedArrays& w, const PackedFormat& format, const Array& indices, DType dtype) {
  const Shape logical = logical_shape(w, format, "dequantize_rows");
  if (logical.size() != 2 || indices.dtype() != DType::int32) {
    fail(Errc::invalid_argument, "dequantize_rows: a weight of shape {} and {} indices", to_string(logical),
         name(indices.dtype()));
  }
  Shape shape = indices.shape();
  shape.push_back(logical[1]);
  std::vector<Array> inputs;
  append(inputs, w);
  inputs.push_back(indices);
  return Array(shape, dtype, std::make_shared<DequantizeRows>(format, dtype), std::move(inputs));
}

}  // namespace etna
