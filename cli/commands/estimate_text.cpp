#include "cli/commands/estimate_text.h"

#include <fmt/core.h>

#include "cli/commands/json_text.h"

namespace etna::cli {

namespace {

std::string line(const char* what, std::uint64_t bytes, const std::string& remark = {}) {
  return fmt::format("  {:<10} {:>10}{}\n", what, format_memory(bytes), remark);
}

std::string advice(const LoadEstimate& estimate) {
  std::string text;
  if (estimate.fit != Fit::too_big) return text;
  for (const LoadEstimate::Room& room : estimate.unloading) {
    if (room.fit_after == Fit::too_big) continue;
    text += fmt::format("Fits after unloading {}.\n", room.name);
    break;
  }
  if (estimate.suggested_kv_bits > 0) {
    text += fmt::format("With the context packed to {} bits it takes {} and fits: --kv-bits {}\n", estimate.suggested_kv_bits,
                        format_memory(estimate.suggested_kv_total), estimate.suggested_kv_bits);
  }
  if (estimate.longest_context > 0) text += fmt::format("A context of {} tokens fits: --context {}\n", estimate.longest_context, estimate.longest_context);
  return text;
}

}  // namespace

std::string format_memory(std::uint64_t bytes) {
  const double mebibytes = static_cast<double>(bytes) / (1 << 20);
  if (mebibytes >= 1024) return fmt::format("{:.{}f} GiB", mebibytes / 1024, mebibytes < 100 * 1024 ? 1 : 0);
  return mebibytes < 10 ? fmt::format("{:.1f} MiB", mebibytes) : fmt::format("{:.0f} MiB", mebibytes);
}

const char* words(Fit fit) {
  switch (fit) {
    case Fit::fits_well: return "Fits well";
    case Fit::tight: return "Tight";
    case Fit::very_tight: return "Very tight";
    case Fit::too_big: return "Too big";
  }
  return "";
}

std::string fit_sentence(const LoadEstimate& estimate) {
  switch (estimate.fit) {
    case Fit::fits_well: return "Fits well";
    case Fit::tight: return "Tight · other programs may slow down";
    case Fit::very_tight: return fmt::format("Very tight · only up to {} tokens of context", estimate.longest_context);
    case Fit::too_big: return fmt::format("Too big · needs {} more than the limit ({})", format_memory(estimate.missing_bytes), format_memory(estimate.usable_bytes));
  }
  return {};
}

std::string estimate_text(const LoadEstimate& estimate) {
  const std::uint64_t mapped = estimate.mapped_bytes;
  std::string text = fmt::format("Memory at {} tokens of context on {}:\n", estimate.context_length, estimate.device);
  text += line("weights", estimate.weight_bytes(), mapped > 0 ? fmt::format("  {} of them pages of the file", format_memory(mapped)) : "");
  text += line("context", estimate.kv_cache_bytes());
  text += line("working", estimate.working_bytes());
  text += line("total", estimate.total(), fmt::format("  of {} that may be used", format_memory(estimate.usable_bytes)));
  if (estimate.layers_on_device < estimate.layers) {
    text += fmt::format("{} of {} layers on the device, the rest on the processor: {:.1f} times the time for each token\n",
                        estimate.layers_on_device, estimate.layers, estimate.slowdown);
  }
  return text + fit_sentence(estimate) + "\n" + advice(estimate);
}

std::string estimate_json(const LoadEstimate& estimate) {
  std::string pools, unloading;
  for (const PoolEstimate& pool : estimate.pools) {
    pools += (pools.empty() ? "" : ",") + JsonText()
                                              .add("pool", pool.pool)
                                              .add("weight_bytes", pool.weight_bytes)
                                              .add("kv_cache_bytes", pool.kv_cache_bytes)
                                              .add("working_bytes", pool.working_bytes)
                                              .add("adapter_bytes", pool.adapter_bytes)
                                              .add("training_bytes", pool.training_bytes)
                                              .add("usable_bytes", pool.usable_bytes)
                                              .object();
  }
  for (const LoadEstimate::Room& room : estimate.unloading) {
    unloading += (unloading.empty() ? "" : ",") +
                 JsonText().add("model", room.model).add("name", room.name).add("frees_bytes", room.frees_bytes).add("fit_after", words(room.fit_after)).object();
  }
  return JsonText()
      .add("device", estimate.device)
      .add("context_length", estimate.context_length)
      .add("weight_bytes", estimate.weight_bytes())
      .add("mapped_bytes", estimate.mapped_bytes)
      .add("kv_cache_bytes", estimate.kv_cache_bytes())
      .add("working_bytes", estimate.working_bytes())
      .add("total_bytes", estimate.total())
      .add("prompt_cache_bytes", estimate.prompt_cache_bytes)
      .add("usable_bytes", estimate.usable_bytes)
      .add("missing_bytes", estimate.missing_bytes)
      .add("fit", words(estimate.fit))
      .add("longest_context", estimate.longest_context)
      .add("trained_context_length", estimate.trained_context_length)
      .add("suggested_kv_bits", estimate.suggested_kv_bits)
      .add("suggested_kv_total", estimate.suggested_kv_total)
      .add("layers", estimate.layers)
      .add("layers_on_device", estimate.layers_on_device)
      .add("slowdown", estimate.slowdown)
      .add_json("pools", "[" + pools + "]")
      .add_json("unloading", "[" + unloading + "]")
      .object();
}

}  // namespace etna::cli
