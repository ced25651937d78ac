#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/session/memory_messages.h"
#include "engine/session/resident_models.h"

namespace etna {

/// What models leave of the computer's memory to everything else: max(bytes, share · capacity).
struct MemoryReserve {
  std::uint64_t bytes = 0;
  double share = 0;

  std::uint64_t of(std::uint64_t capacity) const;
};

MemoryReserve reserve_of(Guardrail guardrail);

/// Models that may be unloaded without asking, longest unused first: neither busy nor pinned, and unused for so long.
std::vector<ResidentModel> unload_order(std::span<const ResidentModel> models, double least_idle_seconds = 0);

/// Seconds until a model is unloaded because nobody uses it; none: it is not. LoadRequest::idle_unload_seconds decides
/// before MemoryPolicy's.
std::optional<double> unloads_in(const ResidentModel& model, const MemoryPolicy& policy);

/// "8,192 tokens of context · f16 · 28 of 32 layers on the graphics device"
std::string settings_text(const ResidentModel& model);

}  // namespace etna
