#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/array/dtype.h"
#include "engine/array/shape.h"
#include "engine/io/model_config.h"

namespace etna {

class ThreadPool;

/// A quantized tensor in MLX's layout, in host memory: rows of packed little-endian codes, one scale (and, for affine,
/// one bias) per group of `config.group_size` neighbours in a row (formats.md §2.1, §2.3).
struct PackedView {
  QuantizationConfig config;
  Shape shape;                          ///< of the logical weight, outermost axis first
  DType scales_dtype = DType::float32;  ///< float16, bfloat16, float32; uint8 for the float modes
  std::span<const std::byte> weight;    ///< uint32 words
  std::span<const std::byte> scales;
  std::span<const std::byte> biases;  ///< of scales_dtype; empty for the float modes

  std::int64_t columns() const { return shape.back(); }

  std::int64_t rows() const { return columns() == 0 ? 0 : element_count(shape) / columns(); }

  std::size_t row_bytes() const { return static_cast<std::size_t>(columns() * config.bits / 8); }

  std::size_t row_groups() const { return static_cast<std::size_t>(columns() / config.group_size); }
};

/// The same with memory of its own.
struct PackedTensor {
  QuantizationConfig config;
  Shape shape;
  DType scales_dtype = DType::float32;
  std::vector<std::byte> weight;
  std::vector<std::byte> scales;
  std::vector<std::byte> biases;

  PackedView view() const { return {config, shape, scales_dtype, weight, scales, biases}; }
};

/// Shapes of the packed weight and of its scales.
Shape packed_shape(const Shape& shape, const QuantizationConfig& config);
Shape scales_shape(const Shape& shape, const QuantizationConfig& config);

/// Why a tensor cannot be quantized ("its last axis 100 is no multiple of group_size 64"); empty if it can.
std::string quantizing_problem(const Shape& shape, DType dtype, const QuantizationConfig& config);

/// Quantizes float32, float16 or bfloat16 elements. Affine (formats.md §2.2, the processor's column): float32
/// arithmetic, ties to even, the larger end of a group exact; scales and biases in the weight's type. Float modes
/// (§2.3): the nearest element, ties to the even code. Throws invalid_argument (quantizing_problem).
PackedTensor quantize(std::span<const std::byte> elements, DType dtype, const Shape& shape,
                      const QuantizationConfig& config, ThreadPool& pool);

/// One row as float32.
void dequantize_row(const PackedView& packed, std::int64_t row, std::span<float> values);

/// All rows, each value rounded once to `dtype` (a floating type).
std::vector<std::byte> dequantize(const PackedView& packed, DType dtype, ThreadPool& pool);

}  // namespace etna
