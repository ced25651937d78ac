#pragma once

#include "engine/array/backend.h"
#include "engine/generation/runner.h"
#include "engine/io/model_config.h"
#include "engine/session/messages.h"

namespace etna {

/// What a load takes, before it starts (D2). The one function that hints, load sheets, admission and programs ask.
struct MemoryEstimate {
  std::uint64_t weight_bytes = 0;
  std::uint64_t kv_cache_bytes = 0;
  std::uint64_t working_bytes = 0;  ///< intermediates of the longest piece of a prompt, logits

  std::uint64_t total() const { return weight_bytes + kv_cache_bytes + working_bytes; }
};

/// `layers`: the model's caches, which are counted as the runner allocates them. Throws invalid_argument for cache options
/// that do not suit them.
MemoryEstimate estimate_memory(const ModelConfig& config, std::span<const CacheShape> layers, std::uint64_t stored_bytes,
                               const RunnerOptions& options);

/// A loaded model's share of RunnerOptions. Throws invalid_argument for settings that mean nothing.
RunnerOptions runner_options(const KvCacheSettings& settings, std::int64_t capacity, DType activations);

enum class WeightPacking { none, packed };
enum class ActivationRange { usual, wide };  ///< wide: beyond float16's (DecoderSettings::wide_range)

/// The rule for the type of activations and KV cache (D11): float16, or bfloat16 where their range is wide, which
/// graphics devices and the integer products of packed weights on the processor want; float32 for plain weights on the
/// processor, which computes with them in float32 anyway. `asked`: "f32", "f16", "bf16" or empty. Throws invalid_argument.
DType choose_activations(const std::string& asked, const Backend& backend, WeightPacking packing, ActivationRange range);

/// "f32", "f16", "bf16".
const char* activations_name(DType dtype);

}  // namespace etna
