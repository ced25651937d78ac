#include "engine/session/memory_policy.h"

#include <fmt/format.h>

#include <algorithm>

namespace etna {

namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
constexpr std::uint64_t gibibyte = std::uint64_t{1} << 30;

std::string with_separators(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t place = digits.size(); place > 3; place -= 3) digits.insert(place - 3, ",");
  return digits;
}

}  // namespace

std::uint64_t MemoryReserve::of(std::uint64_t capacity) const {
  return std::max(bytes, static_cast<std::uint64_t>(share * static_cast<double>(capacity)));
}

MemoryReserve reserve_of(Guardrail guardrail) {
  switch (guardrail) {
    case Guardrail::careful: return {2 * gibibyte, 0.2};
    case Guardrail::balanced: return {gibibyte, 0.08};
    case Guardrail::off: return {256 * mebibyte, 0};
  }
  return {gibibyte, 0.08};
}

std::vector<ResidentModel> unload_order(std::span<const ResidentModel> models, double least_idle_seconds) {
  std::vector<ResidentModel> order;
  std::ranges::copy_if(models, std::back_inserter(order), [&](const ResidentModel& model) {
    return !model.busy && !model.pinned && model.idle_seconds >= least_idle_seconds;
  });
  std::ranges::stable_sort(order, std::ranges::greater{}, &ResidentModel::idle_seconds);
  return order;
}

std::optional<double> unloads_in(const ResidentModel& model, const MemoryPolicy& policy) {
  const double seconds = model.request.idle_unload_seconds.value_or(policy.idle_unload_seconds);
  if (!(seconds > 0) || model.pinned) return std::nullopt;
  return std::max(0.0, seconds - model.idle_seconds);
}

std::string settings_text(const ResidentModel& model) {
  std::string text = fmt::format("{} tokens of context · {}", with_separators(model.info.context_length), model.info.activations);
  const KvCacheSettings& cache = model.request.kv_cache;
  if (cache.key_bits > 0 && cache.key_bits == cache.value_bits) {
    text += fmt::format(" · {}-bit context", cache.key_bits);
  } else if (cache.key_bits > 0 || cache.value_bits > 0) {
    const auto bits = [](int count) { return count > 0 ? fmt::format("{}-bit", count) : std::string("plain"); };
    text += fmt::format(" · {} keys, {} values", bits(cache.key_bits), bits(cache.value_bits));
  }
  if (const std::string placement = placement_text(model.info); !placement.empty()) text += " · " + placement;
  if (!model.request.adapter.empty()) text += " · with an adapter";
  if (!model.request.draft_model.empty()) text += " · with a draft model";
  return text;
}

}  // namespace etna
