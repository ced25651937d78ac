#pragma once

#include <string>
#include <string_view>

#include "engine/array/dtype.h"

namespace etna::vulkan {

/// How weights are stored; the numbers are those of shaders/include/weights.glsl.
enum class WeightFormat : std::uint32_t { float32, float16, bfloat16, affine };

/// The format of a plain floating array.
WeightFormat weight_format(DType dtype);

/// "<family>[_<step>]_<activation>": "rms_norm_f16", "attention_combine_bf16".
std::string kernel_name(std::string_view family, DType activation);

/// "<family>_<activation>_<weight>": "matvec_f16_q4g64", "matmul_tile_f32_bf16".
std::string kernel_name(std::string_view family, DType activation, WeightFormat weight, int bits = 0,
                        int group_size = 0);

}  // namespace etna::vulkan
