#pragma once

#include "engine/array/backend.h"
#include "engine/generation/runner.h"
#include "engine/io/model_config.h"
#include "engine/io/tensor_source.h"
#include "engine/session/messages.h"

namespace etna {

/// Tokens of context that a load gets: what was asked for, or the model's own, at most 8192 where memory grows with them.
/// Throws invalid_argument for more than positions can count.
std::int64_t context_capacity(const ModelConfig& config, std::uint64_t asked, const KvCacheSettings& settings);

/// A loaded model's share of RunnerOptions. Throws invalid_argument for settings that mean nothing.
RunnerOptions runner_options(const KvCacheSettings& settings, std::int64_t capacity, DType activations);

/// Of a draft model that guesses for a runner of such options: same context, same type of activations.
RunnerOptions draft_runner_options(const RunnerOptions& target);

enum class WeightPacking { none, packed };
enum class ActivationRange { usual, wide };  ///< wide: beyond float16's (DecoderSettings::wide_range)

/// Large tensors of no floating type are codes.
WeightPacking packing_of(const TensorSource& tensors);

/// The rule for the type of activations and KV cache (D11): float16, or bfloat16 where their range is wide, which
/// graphics devices and the integer products of packed weights on the processor want; float32 for plain weights on the
/// processor, which computes with them in float32 anyway. `asked`: "f32", "f16", "bf16" or empty. Throws invalid_argument.
DType choose_activations(const std::string& asked, const Backend& backend, WeightPacking packing, ActivationRange range);

/// "f32", "f16", "bf16".
const char* activations_name(DType dtype);

}  // namespace etna
