#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/memory/ledger.h"
#include "engine/memory/pressure.h"
#include "engine/session/memory_messages.h"
#include "engine/session/resident_models.h"

namespace etna {

/// What a memory status is made of: values of one moment.
struct MemoryFacts {
  double seconds = 0;                       ///< monotonic
  PressureReading pressure;
  MemoryPolicy policy;
  std::vector<MemoryReport> reports;        ///< MemoryLedger::report
  std::vector<ResidentModel> models;
  std::array<std::uint64_t, memory_phase_count> phase_peaks{};
  std::uint64_t process_bytes = 0;          ///< of the computer's memory, the engine's share too
  std::uint64_t allocations = 0;
  std::vector<DeviceInfo> devices;          ///< that are open
  std::uint64_t last_event = 0;
};

/// What screens and terminal show of it. Throws invalid_argument if uses and totals disagree: that would be our mistake.
MemoryStatus make_memory_status(const MemoryFacts& facts);

MemoryPressure pressure_word(PressureLevel level);

/// What a model holds, over all pools.
std::uint64_t held_bytes(const ResidentModel& model, std::span<const MemoryReport> reports);

/// What it holds in one pool.
std::uint64_t held_bytes(const ResidentModel& model, const MemoryReport& report);

}  // namespace etna
