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

/// Bytes of a source of bytes, by MemoryReport::pool ("system", "gpu:0").
struct PoolShare {
  std::string pool;
  std::uint64_t bytes = 0;
};

/// What stands beside a load that is estimated.
struct LoadSituation {
  struct Model {
    ModelId id = 0;
    std::string name;
    std::vector<PoolShare> frees;
  };

  std::string device = {};               ///< DeviceInfo::id, for LoadEstimate::device
  std::vector<PoolShare> replaced = {};  ///< what LoadRequest::replaces gives back
  std::vector<Model> idle = {};          ///< what may be unloaded to make room, in the order it is offered
  std::uint64_t prompt_cache_bytes = 0;  ///< MemoryPolicy's
};

/// ≤ 70 %, ≤ 90 %, ≤ 100 % of what may be used, or more.
Fit fit_of(std::uint64_t bytes, std::uint64_t usable);

/// Says of a request what estimate_memory() says of its model, and whether that fits now. Any thread.
class LoadEstimator {
public:
  /// `device`: the open device of the request; it may be working. LoadRequest::path must not be empty. Throws what is
  /// wrong with the model or the request.
  LoadEstimate estimate(const LoadRequest& request, const Backend& device, const LoadSituation& situation = {});

  /// Throws unsupported: only models on this computer are estimated.
  LoadEstimate estimate(const ModelDescription& model, const LoadRequest& request, const Backend& device, const LoadSituation& situation = {});

  /// Forgets what was remembered, before a device goes.
  void clear() {}
};

}  // namespace etna
