#pragma once

#include "engine/backend/vulkan/recorder.h"
#include "engine/ops/attention.h"

namespace etna::vulkan {

/// What shaders/attention_matrices.comp computes, as it numbers them.
enum class AttentionMatrixPart : std::uint32_t { log_sums, queries, keys_values, output };

/// Records attention or a part of its backward pass on matrix units: heads of 64 or 128 numbers, all of one 16-bit type
/// that the device has matrices for, caches of plain rows, and enough queries to fill matrices. Weights are rounded to
/// that type. Inputs are those of the step; false, with nothing recorded, where it is not for them.
bool record_attention_matrices(Recorder& recorder, const Step& step, const Attention& op, AttentionMatrixPart part);

}  // namespace etna::vulkan
