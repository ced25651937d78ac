#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/array/dtype.h"

namespace etna {

/// Four-bit weights of AutoAWQ or AutoGPTQ: w[o][i] = (code[i][o] - zero[i / group][o]) · scale[i / group][o].
struct ForeignWeight {
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::int64_t groups = 0;            ///< of `in`
  std::span<const std::byte> codes;   ///< int32; awq: (in, out / 8), gptq: (in / 8, out)
  std::span<const std::byte> zeros;   ///< int32 (groups, out / 8); empty: all are 8
  std::span<const std::byte> scales;  ///< (groups, out) of scale_dtype
  DType scale_dtype = DType::float16;
};

/// The same in MLX's affine layout (formats.md §2.1): weight uint32 (out, in / 8), scales and biases
/// (out, groups · repeat) of the scales' dtype. A bias is -zero · scale, rounded to that dtype.
struct AffineWeight {
  std::vector<std::byte> weight;
  std::vector<std::byte> scales;
  std::vector<std::byte> biases;
};

/// What is stored as the number of a zero.
enum class ZeroPoint {
  itself,    ///< AWQ, and GPTQ's second form
  less_one,  ///< GPTQ's first form: 15 stands for 0
};

/// Sizes must fit as described. `repeat`: how often each scale is written, for groups longer than MLX's.
AffineWeight repack_awq(const ForeignWeight& foreign, std::int64_t repeat);
AffineWeight repack_gptq(const ForeignWeight& foreign, ZeroPoint zero_point, std::int64_t repeat);

/// Biases that make codes symmetric: -offset · scale for each of `scales`.
std::vector<std::byte> symmetric_biases(std::span<const std::byte> scales, DType dtype, int offset);

}  // namespace etna
