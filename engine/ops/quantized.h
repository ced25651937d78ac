#pragma once

#include <tuple>

#include "engine/array/array.h"
#include "engine/ops/matmul.h"

namespace etna {

/// MLX affine quantization: codes of `bits` packed little-endian along the last axis in uint32 words, and for each
/// `group_size` codes a scale and a bias: w = code · scale + bias.
struct AffineFormat {
  int bits = 4;         ///< 2, 3, 4, 5, 6 or 8; kernels exist for 4 and 8
  int group_size = 64;  ///< 32, 64 or 128
  friend bool operator==(const AffineFormat&, const AffineFormat&) = default;
};

/// The three arrays of a packed weight of logical shape (..., n, k): weight uint32 (..., n, k · bits / 32), scales and
/// biases (..., n, k / group_size), floating.
struct AffineArrays {
  Array weight;
  Array scales;
  Array biases;
};

/// Throws invalid_argument naming `operation` when bits or group_size are none of MLX's or k is no multiple.
void check_format(const AffineFormat& format, std::int64_t k, const char* operation);

/// Inputs: x (..., k), weight, scales, biases. Output (..., n) in x's dtype, accumulated in float32. Not transposed:
/// x (..., n) times w (n, k) gives (..., k). With `residual` a fifth input of the output's shape is added.
struct QuantizedMatmul : OpOf<QuantizedMatmul> {
  AffineFormat format;
  Transpose transpose;
  bool residual;
  QuantizedMatmul(AffineFormat f, Transpose t, bool r) : format(f), transpose(t), residual(r) {}
  std::string name() const override;
  std::optional<Array> definition(std::span<const Array> inputs) const override;
  Work work(std::span<const View> inputs, const View& output) const override;
};

/// silu(x · gateᵀ) · (x · upᵀ). Inputs: x (..., k), weight, scales, biases of gate, the same of up, both (n, k).
struct QuantizedSwiglu : OpOf<QuantizedSwiglu> {
  AffineFormat format;
  explicit QuantizedSwiglu(AffineFormat f) : format(f) {}
  std::string name() const override;
  std::optional<Array> definition(std::span<const Array> inputs) const override;
  Work work(std::span<const View> inputs, const View& output) const override;
};

/// Inputs: weight, scales, biases. Output (..., n, k) in the dtype of the node.
struct Dequantize : OpOf<Dequantize> {
  AffineFormat format;
  explicit Dequantize(AffineFormat f) : format(f) {}
  std::string name() const override;
};

/// Rows of a packed matrix. Inputs: weight (rows, …), scales, biases, indices int32 (...). Output (..., k) in the
/// dtype of the node. Indices outside are an error of the caller: kernels clamp them.
struct DequantizeRows : OpOf<DequantizeRows> {
  AffineFormat format;
  DType dtype;  // of the output
  DequantizeRows(AffineFormat f, DType d) : format(f), dtype(d) {}
  std::string name() const override;
  std::optional<Array> definition(std::span<const Array> inputs) const override;
};

Array quantized_matmul(const Array& x, const AffineArrays& w, const AffineFormat& format,
                       Transpose transpose = Transpose::yes);
Array quantized_matmul_residual(const Array& x, const AffineArrays& w, const AffineFormat& format, const Array& residual);
Array quantized_swiglu(const Array& x, const AffineArrays& gate, const AffineArrays& up, const AffineFormat& format);
Array dequantize(const AffineArrays& w, const AffineFormat& format, DType dtype);
Array dequantize_rows(const AffineArrays& w, const AffineFormat& format, const Array& indices, DType dtype);

}  // namespace etna
