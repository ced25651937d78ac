#pragma once

#include "engine/array/array.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "engine/ops/packed_format.h"

namespace etna {

/// The arrays of a packed weight of logical shape (..., n, k), as many as the format has (FormatTraits::arrays):
/// weight (..., n, row_elements(k)) of the format's dtype; scales (..., n, row_groups(k)); biases as scales.
struct PackedArrays {
  Array weight;
  std::optional<Array> scales = std::nullopt;
  std::optional<Array> biases = std::nullopt;
};

/// The arrays one after the other, as inputs of an operation take them; and back.
void append(std::vector<Array>& inputs, const PackedArrays& w);
PackedArrays packed_arrays(std::span<const Array> inputs, std::size_t first, const PackedFormat& format);

/// Throws invalid_argument naming `operation` when the width or group size is none that the kind has, or rows of k
/// weights are no whole groups.
void check_format(const PackedFormat& format, std::int64_t k, const char* operation);

/// Logical shape (..., n, k). Throws invalid_argument naming `operation` when the arrays do not fit each other or the
/// format.
Shape logical_shape(const PackedArrays& w, const PackedFormat& format, const char* operation);

/// Inputs: x (..., k), then the weight's arrays. Output (..., n) in x's dtype, accumulated in float32. Not transposed:
/// x (..., n) times w (n, k) gives (..., k). With `residual` a last input of the output's shape is added.
struct QuantizedMatmul : OpOf<QuantizedMatmul> {
  PackedFormat format;
  Transpose transpose;
  bool residual;
  QuantizedMatmul(PackedFormat f, Transpose t, bool r) : format(f), transpose(t), residual(r) {}
  std::string name() const override;
  std::optional<Array> definition(std::span<const Array> inputs) const override;
  std::optional<Gradients> gradient(const GradientCall& call) const override;
  Work work(std::span<const View> inputs, const View& output) const override;
};

/// gated(x · gateᵀ, x · upᵀ, kind). Inputs: x (..., k), the arrays of gate, those of up, both (n, k).
struct QuantizedGated : OpOf<QuantizedGated> {
  PackedFormat format;
  GateKind kind;
  QuantizedGated(PackedFormat f, GateKind g) : format(f), kind(g) {}
  std::string name() const override;
  std::optional<Array> definition(std::span<const Array> inputs) const override;
  Work work(std::span<const View> inputs, const View& output) const override;
};

/// Inputs: the weight's arrays. Output (..., n, k) in the dtype of the node. Every backend has a kernel for every format.
struct Dequantize : OpOf<Dequantize> {
  PackedFormat format;
  explicit Dequantize(PackedFormat f) : format(f) {}
  std::string name() const override;
};

/// Rows of a packed matrix. Inputs: the weight's arrays, indices int32 (...). Output (..., k) in the
/// dtype of the node. Indices outside are an error of the caller: kernels clamp them.
struct DequantizeRows : OpOf<DequantizeRows> {
  PackedFormat format;
  DType dtype;  // of the output
  DequantizeRows(PackedFormat f, DType d) : format(f), dtype(d) {}
  std::string name() const override;
  std::optional<Array> definition(std::span<const Array> inputs) const override;
};

Array quantized_matmul(const Array& x, const PackedArrays& w, const PackedFormat& format,
                       Transpose transpose = Transpose::yes);
Array quantized_matmul_residual(const Array& x, const PackedArrays& w, const PackedFormat& format, const Array& residual);
Array quantized_gated(const Array& x, const PackedArrays& gate, const PackedArrays& up, const PackedFormat& format,
                      GateKind kind);
inline Array quantized_swiglu(const Array& x, const PackedArrays& gate, const PackedArrays& up, const PackedFormat& format) {
  return quantized_gated(x, gate, up, format, GateKind::silu);
}
Array dequantize(const PackedArrays& w, const PackedFormat& format, DType dtype);
Array dequantize_rows(const PackedArrays& w, const PackedFormat& format, const Array& indices, DType dtype);

}  // namespace etna
