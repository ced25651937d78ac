#include "engine/session/load_settings.h"

#include <algorithm>

#include "engine/base/error.h"

namespace etna {

namespace {

constexpr std::uint64_t default_context = 8192;
constexpr std::uint64_t most_tokens = (std::uint64_t{1} << 31) - 1;  // positions are 32-bit

}  // namespace

std::int64_t context_capacity(const ModelConfig& config, std::uint64_t asked, const KvCacheSettings& settings) {
  if (asked > most_tokens) fail(Errc::invalid_argument, "a context of {} tokens; positions end at {}", asked, most_tokens);
  const auto trained = static_cast<std::uint64_t>(std::max<std::int64_t>(config.max_position_embeddings, 1));
  const std::uint64_t usual = settings.max_size > 0 ? trained : std::min(trained, default_context);
  return static_cast<std::int64_t>(std::min(asked == 0 ? usual : asked, most_tokens));
}

RunnerOptions runner_options(const KvCacheSettings& settings, std::int64_t capacity, DType activations) {
  for (const int bits : {settings.key_bits, settings.value_bits}) {
    if (bits != 0 && bits != 4 && bits != 8) fail(Errc::invalid_argument, "KV cache: {} bits; 4 and 8 are known", bits);
  }
  if (settings.max_size > most_tokens || settings.quantized_start > most_tokens) fail(Errc::invalid_argument, "KV cache: sizes end at {} tokens", most_tokens);
  return {.batch = 1,
          .capacity = capacity,
          .activations = activations,
          .max_kv_size = static_cast<std::int64_t>(settings.max_size),
          .key_bits = settings.key_bits,
          .value_bits = settings.value_bits,
          .kv_group_size = settings.group_size,
          .quantized_kv_start = static_cast<std::int64_t>(settings.quantized_start)};
}

RunnerOptions draft_runner_options(const RunnerOptions& target) {
  return runner_options({.max_size = static_cast<std::uint64_t>(target.max_kv_size)}, target.capacity, target.activations);
}

WeightPacking packing_of(const TensorSource& tensors) {
  for (const std::string& name : tensors.names()) {
    const StoredTensor& tensor = *tensors.find(name);
    if (tensor.shape.size() >= 2 && !(tensor.dtype && is_floating(*tensor.dtype))) return WeightPacking::packed;
  }
  return WeightPacking::none;
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
