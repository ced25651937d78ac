#include "engine/session/memory_estimate.h"

#include <algorithm>

#include "engine/base/error.h"

namespace etna {

namespace {

std::uint64_t count(std::int64_t value) { return static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0)); }

}  // namespace

MemoryEstimate estimate_memory(const ModelConfig& config, std::span<const CacheShape> layers, std::uint64_t stored_bytes,
                               const RunnerOptions& options) {
  const std::uint64_t element = size_of(options.activations);
  MemoryEstimate estimate{.weight_bytes = stored_bytes};
  estimate.kv_cache_bytes = Runner::cache_bytes(layers, options);
  // Of one block a few rows of the hidden size and of the feed-forward size live at a time (measured: 9 and 3).
  const std::uint64_t rows = count(std::min(options.prefill_step, options.capacity));
  const std::uint64_t attention_width = count(config.num_attention_heads) * count(config.head_dim);
  estimate.working_bytes = rows * element * (9 * std::max(count(config.hidden_size), attention_width) + 3 * count(config.intermediate_size)) +
                           count(config.vocab_size) * 4 * 2;
  return estimate;
}

RunnerOptions runner_options(const KvCacheSettings& settings, std::int64_t capacity, DType activations) {
  constexpr std::uint64_t most = std::uint64_t{1} << 31;
  for (const int bits : {settings.key_bits, settings.value_bits}) {
    if (bits != 0 && bits != 4 && bits != 8) fail(Errc::invalid_argument, "KV cache: {} bits; 4 and 8 are known", bits);
  }
  if (settings.max_size > most || settings.quantized_start > most) fail(Errc::invalid_argument, "KV cache: sizes end at {} tokens", most);
  return {.batch = 1,
          .capacity = capacity,
          .activations = activations,
          .max_kv_size = static_cast<std::int64_t>(settings.max_size),
          .key_bits = settings.key_bits,
          .value_bits = settings.value_bits,
          .kv_group_size = settings.group_size,
          .quantized_kv_start = static_cast<std::int64_t>(settings.quantized_start)};
}

DType choose_activations(const std::string& asked, const Backend& backend, WeightPacking packing, ActivationRange range) {
  if (asked == "f32") return DType::float32;
  if (asked == "f16") return DType::float16;
  if (asked == "bf16") return DType::bfloat16;
  if (!asked.empty()) fail(Errc::invalid_argument, "activations '{}': f32, f16 and bf16 are known", asked);
  if (!backend.is_gpu() && packing == WeightPacking::none) return DType::float32;
  return range == ActivationRange::wide ? DType::bfloat16 : DType::float16;
}

const char* activations_name(DType dtype) {
  return dtype == DType::float16 ? "f16" : dtype == DType::bfloat16 ? "bf16" : "f32";
}

}  // namespace etna
