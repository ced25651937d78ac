#include "engine/session/memory_status.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>

#include "engine/base/amount.h"
#include "engine/base/saturate.h"
#include "engine/base/error.h"
#include "engine/session/memory_policy.h"

namespace etna {

namespace {

/// What heaps have taken of the pool: pages of files are the system's.
std::uint64_t taken(const MemoryReport& report) {
  return report.live_bytes - report.mapped_bytes + report.cached_bytes + report.slack_bytes;
}

const ResidentModel* owner_of(OwnerId owner, std::span<const ResidentModel> models) {
  const auto found = std::ranges::find_if(models, [&](const ResidentModel& model) { return std::ranges::count(model.owners, owner) > 0; });
  return found == models.end() ? nullptr : &*found;
}

MemoryPoolStatus pool_status(const MemoryReport& report, const MemoryFacts& facts) {
  MemoryPoolStatus pool;
  pool.id = report.pool;
  pool.name = report.pool_name;
  pool.is_system = report.pool == system_pool_id;
  pool.total_bytes = report.capacity_bytes;
  pool.app_bytes = pool.is_system ? less(facts.process_bytes, taken(report)) : 0;
  pool.other_bytes = less(report.capacity_bytes, report.available_bytes + taken(report) + pool.app_bytes);
  pool.live_bytes = report.live_bytes;
  pool.mapped_bytes = report.mapped_bytes;
  pool.cached_bytes = report.cached_bytes;
  pool.slack_bytes = report.slack_bytes;
  pool.reserved_bytes = report.reserved_bytes;
  pool.limit_bytes = report.limit_bytes;
  pool.peak_bytes = report.peak_bytes;
  if (!report.budget_reported) pool.note = "This driver does not report its memory budget. Etna uses its own count.";
  for (const MemoryReport::Use& use : report.uses) {
    const ResidentModel* model = owner_of(use.owner, facts.models);
    const bool is_itself = model && use.owner == model->owners.front();
    pool.uses.push_back({.owner = is_itself ? model->info.name : use.owner_name,
                         .tag = name(use.tag),
                         .bytes = use.live_bytes,
                         .peak_bytes = use.peak_bytes,
                         .model = model ? model->info.id : 0});
  }
  return pool;
}

/// MemoryLedger::room, from the reports alone: all of one moment.
void set_free_bytes(MemoryStatus& status, std::uint64_t user_limit) {
  std::uint64_t used = 0;
  for (const MemoryPoolStatus& pool : status.pools) used += pool.live_bytes + pool.reserved_bytes;
  for (MemoryPoolStatus& pool : status.pools) {
    pool.free_bytes = less(pool.limit_bytes, pool.live_bytes + pool.reserved_bytes);
    if (user_limit == 0) continue;
    pool.free_bytes = std::min(pool.free_bytes, less(user_limit, used));
    pool.limit_bytes = std::min(pool.limit_bytes, user_limit);
  }
}

LoadedModelStatus model_status(const ResidentModel& model, const MemoryFacts& facts) {
  LoadedModelStatus status;
  status.id = model.info.id;
  status.name = model.info.name;
  status.path = model.info.path;
  status.device = model.info.device;
  status.settings = settings_text(model);
  status.context_length = model.info.context_length;
  status.bytes = status.unload_frees = held_bytes(model, facts.reports);
  status.idle_seconds = model.idle_seconds;
  status.unloads_in_seconds = unloads_in(model, facts.policy).value_or(-1);
  status.busy = model.busy;
  status.pinned = model.pinned;
  return status;
}

std::vector<std::string> details(const MemoryFacts& facts) {
  std::vector<std::string> lines;
  for (const MemoryReport& report : facts.reports) {
    lines.push_back(fmt::format("{}: {} in all, {} available, budget {}", report.pool_name, amount(report.capacity_bytes), amount(report.available_bytes),
                                report.budget_reported ? "as reported" : "not reported: Etna's own count"));
    lines.push_back(fmt::format("{}: {} live, of them {} mapped from files; {} kept for reuse, {} slack, {} promised", report.pool_name,
                                amount(report.live_bytes), amount(report.mapped_bytes), amount(report.cached_bytes), amount(report.slack_bytes),
                                amount(report.reserved_bytes)));
  }
  for (const DeviceInfo& device : facts.devices) lines.push_back(fmt::format("Device {}: {}, {}", device.id, device.name, device.driver));
  lines.push_back(fmt::format("Allocations: {}; page size: {}", facts.allocations, amount(static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)))));
  const PressureSample& sample = facts.pressure.sample;
  lines.push_back(sample.known ? fmt::format("Pressure: some {:.2f} %, full {:.2f} % of the last 10 s", sample.some_avg10, sample.full_avg10)
                               : "Pressure: this system has no pressure-stall information; available memory decides");
  return lines;
}

void check_sum(const MemoryPoolStatus& pool) {
  std::uint64_t sum = 0;
  for (const MemoryUse& use : pool.uses) sum += use.bytes;
  if (sum != pool.live_bytes) {
    fail(Errc::invalid_argument, "memory status: uses of {} are {} bytes, its total is {}", pool.id, sum, pool.live_bytes);
  }
}

}  // namespace

MemoryPressure pressure_word(PressureLevel level) {
  constexpr MemoryPressure words[pressure_level_count] = {MemoryPressure::calm, MemoryPressure::busy, MemoryPressure::tight,
                                                          MemoryPressure::critical};
  return words[static_cast<int>(level)];
}

std::uint64_t held_bytes(const ResidentModel& model, const MemoryReport& report) {
  std::uint64_t bytes = 0;
  for (const MemoryReport::Use& use : report.uses) {
    if (std::ranges::count(model.owners, use.owner) > 0) bytes += use.live_bytes;
  }
  return bytes;
}

std::uint64_t held_bytes(const ResidentModel& model, std::span<const MemoryReport> reports) {
  std::uint64_t bytes = 0;
  for (const MemoryReport& report : reports) bytes += held_bytes(model, report);
  return bytes;
}

MemoryStatus make_memory_status(const MemoryFacts& facts) {
  MemoryStatus status;
  status.seconds = facts.seconds;
  status.pressure = pressure_word(facts.pressure.level);
  status.some_avg10 = facts.pressure.sample.some_avg10;
  status.full_avg10 = facts.pressure.sample.full_avg10;
  status.pressure_known = facts.pressure.sample.known;
  for (const MemoryReport& report : facts.reports) {
    status.pools.push_back(pool_status(report, facts));
    check_sum(status.pools.back());
    status.recommended_limit_bytes += report.limit_bytes;
  }
  const std::uint64_t user_limit = facts.policy.limit_bytes;
  status.limit_bytes = user_limit == 0 ? status.recommended_limit_bytes : std::min(user_limit, status.recommended_limit_bytes);
  set_free_bytes(status, user_limit);
  for (const ResidentModel& model : facts.models) status.models.push_back(model_status(model, facts));
  for (int phase = 1; phase < memory_phase_count; ++phase) {  // 0: nothing runs
    status.peaks.push_back({name(static_cast<MemoryPhase>(phase)), facts.phase_peaks[static_cast<std::size_t>(phase)]});
  }
  status.details = details(facts);
  status.last_event = facts.last_event;
  return status;
}

std::uint64_t MemoryStatus::live_bytes() const {
  std::uint64_t bytes = 0;
  for (const MemoryPoolStatus& pool : pools) bytes += pool.live_bytes;
  return bytes;
}

std::uint64_t MemoryStatus::free_bytes() const {
  std::uint64_t bytes = 0;
  for (const MemoryPoolStatus& pool : pools) bytes += pool.free_bytes;
  return limit_bytes == 0 ? bytes : std::min(bytes, limit_bytes - std::min(limit_bytes, live_bytes()));
}

}  // namespace etna
