#include "benchmarks/support/measured_load.h"

#include <algorithm>
#include <chrono>

#include "engine/session/model_host.h"
#include "engine/session/rehearsal.h"

namespace etna::benchmarks {

MeasuredLoad measure_load(const ModelConfig& config, const TensorSource& tensors, const std::shared_ptr<Backend>& backend, std::uint64_t context) {
  constexpr std::uint64_t answer = 8;
  MeasuredLoad result;
  LoadRehearsal rehearsal(ModelOutline::of(config, tensors), *backend);
  const auto begin = std::chrono::steady_clock::now();
  const RunnerOptions options = rehearsal.options(*backend, {}, context, {});
  result.estimated_bytes = rehearsal.measure(options).total();
  result.estimate_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

  MemoryLedger& ledger = *backend->allocator()->ledger();
  backend->allocator()->clear_cache();
  const std::uint64_t before = ledger.active_bytes();
  ledger.reset_peak();
  const auto host = ModelHost::load(config, tensors, backend, {.activations = {}, .context_length = context}, {});
  const auto length = std::min<std::uint64_t>(static_cast<std::uint64_t>(options.prefill_step), context - answer);
  std::vector<std::int32_t> ids(length);
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<std::int32_t>((i * 7919 + 13) % static_cast<std::uint64_t>(config.vocab_size));
  host->greedy(ids, answer, IgnoreEos::yes);
  result.measured_bytes = ledger.peak_bytes() - before;
  return result;
}

}  // namespace etna::benchmarks
