#pragma once

#include <string>
#include <string_view>

#include "engine/array/dtype.h"
#include "engine/ops/packed_format.h"

namespace etna::vulkan {

/// How weights are stored; the numbers are those of shaders/include/weights.glsl.
enum class WeightFormat : std::uint32_t { float32, float16, bfloat16, first_packed };

/// The format of a plain floating array, or of packed weights: those follow in the order of PackedKind.
WeightFormat weight_format(DType dtype);
WeightFormat weight_format(PackedKind kind);

/// Formats that share the modules of a kernel; the order is that of WEIGHTS in shaders/include/weights.glsl.
enum class WeightFamily : std::uint8_t { plain, affine, floats, blocks, k_blocks };

WeightFamily weight_family(WeightFormat format);

/// "<family>[_<step>]_<activation>": "rms_norm_f16", "attention_combine_bf16".
std::string kernel_name(std::string_view family, DType activation);

/// "<family>_<activation>_<weight>": "matvec_f16_q4g64", "matvec_f16_q4_k", "matmul_tile_f32_bf16".
std::string kernel_name(std::string_view family, DType activation, WeightFormat weight, int bits = 0,
                        int group_size = 0);

}  // namespace etna::vulkan
