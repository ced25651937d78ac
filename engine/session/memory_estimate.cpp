#include "engine/session/memory_estimate.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/session/model_files.h"

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

Fit fit_of(std::uint64_t bytes, std::uint64_t usable) {
  if (bytes > usable || usable == 0) return Fit::too_big;
  const double share = static_cast<double>(bytes) / static_cast<double>(usable);
  return share <= 0.7 ? Fit::fits_well : share <= 0.9 ? Fit::tight : Fit::very_tight;
}

namespace {

/// Where bytes of a pool are reported.
const MemoryPool& outermost(const std::shared_ptr<MemoryPool>& pool) {
  const MemoryPool* outer = pool.get();
  while (outer->parent()) outer = outer->parent().get();
  return *outer;
}

std::uint64_t bytes_in(std::span<const PoolShare> shares, const std::string& pool) {
  std::uint64_t bytes = 0;
  for (const PoolShare& share : shares) bytes += share.pool == pool ? share.bytes : 0;
  return bytes;
}

/// Pools that the device's blocks come from, with what may be used of each; none is named twice.
std::vector<PoolEstimate> pools_of(const Backend& device, const LoadSituation& situation) {
  std::vector<PoolEstimate> pools;
  for (const std::shared_ptr<MemoryPool>& pool : device.allocator()->heap().pools(Placement::device)) {
    const std::string& id = outermost(pool).id();
    if (std::ranges::any_of(pools, [&](const PoolEstimate& known) { return known.pool == id; })) continue;
    pools.push_back({.pool = id, .usable_bytes = device.allocator()->ledger()->room(pool) + bytes_in(situation.replaced, id)});
  }
  return pools;
}

/// The best pool first, as far as it has room; what fits nowhere counts in the last.
void fill(std::vector<PoolEstimate>& pools, const MemoryEstimate& needs) {
  const auto place = [&](std::uint64_t bytes, std::uint64_t PoolEstimate::*part) {
    for (PoolEstimate& pool : pools) {
      const bool last = &pool == &pools.back();
      const std::uint64_t here = last ? bytes : std::min(bytes, pool.usable_bytes - std::min(pool.usable_bytes, pool.total()));
      pool.*part += here;
      bytes -= here;
    }
  };
  place(needs.weight_bytes, &PoolEstimate::weight_bytes);
  place(needs.kv_cache_bytes, &PoolEstimate::kv_cache_bytes);
  place(needs.working_bytes, &PoolEstimate::working_bytes);
}

}  // namespace

LoadEstimate LoadEstimator::estimate(const LoadRequest& request, const Backend& device, const LoadSituation& situation) {
  const ModelFiles files = ModelFiles::open(request.path);
  std::uint64_t stored = 0;
  bool packed = false;
  for (const std::string& name : files.tensors->names()) {
    const StoredTensor& tensor = *files.tensors->find(name);
    stored += tensor.bytes.size();
    packed = packed || (tensor.shape.size() >= 2 && !(tensor.dtype && is_floating(*tensor.dtype)));
  }
  const DType type = choose_activations(request.activations, device, packed ? WeightPacking::packed : WeightPacking::none,
                                        files.settings.wide_range ? ActivationRange::wide : ActivationRange::usual);
  const std::vector<CacheShape> caches = cache_shapes(files.settings);
  const auto needs = [&](std::uint64_t context) {
    return estimate_memory(files.config, caches, stored, runner_options(request.kv_cache, static_cast<std::int64_t>(context), type));
  };

  LoadEstimate result;
  constexpr std::uint64_t usual_context = 8192;
  result.trained_context_length = count(files.config.max_position_embeddings);
  result.context_length = request.context_length > 0 ? request.context_length : std::min(usual_context, std::max<std::uint64_t>(1, result.trained_context_length));
  result.device = situation.device;
  result.prompt_cache_bytes = situation.prompt_cache_bytes;
  result.pools = pools_of(device, situation);
  fill(result.pools, needs(result.context_length));
  if (!device.is_gpu()) result.mapped_bytes = stored;
  for (const PoolEstimate& pool : result.pools) result.usable_bytes += pool.usable_bytes;
  result.fit = fit_of(result.total(), result.usable_bytes);
  result.missing_bytes = result.total() - std::min(result.total(), result.usable_bytes);
  result.layers = result.layers_on_device = static_cast<int>(files.settings.layers.size());

  std::uint64_t most = result.trained_context_length + 1;  // the first that does not fit, or is not the model's
  while (result.longest_context + 1 < most) {
    const std::uint64_t middle = result.longest_context + (most - result.longest_context) / 2;
    (needs(middle).total() <= result.usable_bytes ? result.longest_context : most) = middle;
  }
  for (const LoadSituation::Model& model : situation.idle) {
    std::uint64_t frees = 0, here = 0;
    for (const PoolShare& share : model.frees) frees += share.bytes;
    for (const PoolEstimate& pool : result.pools) here += bytes_in(model.frees, pool.pool);
    if (here > 0) result.unloading.push_back({model.id, model.name, frees, fit_of(result.total(), result.usable_bytes + here)});
  }
  return result;
}

LoadEstimate LoadEstimator::estimate(const ModelDescription& model, const LoadRequest&, const Backend&, const LoadSituation&) {
  fail(Errc::unsupported, "{}: only models on this computer can be estimated", model.name);
}

namespace {

std::uint64_t sum(const LoadEstimate& estimate, std::uint64_t PoolEstimate::*part) {
  std::uint64_t bytes = 0;
  for (const PoolEstimate& pool : estimate.pools) bytes += pool.*part;
  return bytes;
}

}  // namespace

std::uint64_t LoadEstimate::weight_bytes() const { return sum(*this, &PoolEstimate::weight_bytes); }
std::uint64_t LoadEstimate::kv_cache_bytes() const { return sum(*this, &PoolEstimate::kv_cache_bytes); }
std::uint64_t LoadEstimate::working_bytes() const { return sum(*this, &PoolEstimate::working_bytes); }

std::uint64_t LoadEstimate::total() const {
  std::uint64_t bytes = 0;
  for (const PoolEstimate& pool : pools) bytes += pool.total();
  return bytes;
}

}  // namespace etna
