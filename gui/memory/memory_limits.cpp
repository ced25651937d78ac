#include "gui/memory/memory_limits.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "gui/memory/memory_kinds.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;
constexpr std::uint64_t gib = std::uint64_t{1} << 30;
constexpr std::uint64_t limit_step_bytes = 256 * mib;
constexpr std::uint64_t smallest_limit = 512 * mib;

constexpr std::array<int, 5> idle_minutes = {0, 5, 15, 60, 240};
constexpr std::array<std::uint64_t, 6> cache_sizes = {0, 256 * mib, 512 * mib, gib, 2 * gib, 4 * gib};

const QString limit_key = QStringLiteral("memory/limit");
const QString guardrail_key = QStringLiteral("memory/guardrail");
const QString idle_key = QStringLiteral("memory/idleSeconds");
const QString cache_key = QStringLiteral("memory/promptCache");

/// Where a value stands in a list that is in order; between two: the lower.
template <class Values, class Value>
int index_of(const Values& values, Value value) {
  const auto after = std::ranges::upper_bound(values, value);
  return std::max(0, static_cast<int>(after - values.begin()) - 1);
}

std::uint64_t reserve(Guardrail guardrail, std::uint64_t total) {
  switch (guardrail) {
    case Guardrail::careful: return std::max(2 * gib, total / 5);
    case Guardrail::balanced: return std::max(gib, total / 100 * 8);
    case Guardrail::off: return 256 * mib;
  }
  return gib;
}

}  // namespace

MemoryLimits::MemoryLimits(Engine& engine, MemoryMonitor& monitor, QSettings& store, QObject* parent)
    : QObject(parent), engine_(engine), monitor_(monitor), store_(store) {
  restore();
  engine_.set_memory_policy(policy_);
  connect(&monitor_, &MemoryMonitor::sampled, this, [this] {
    const QString texts = limit_text() + limit_note() + guardrail_note() + clear_text();
    if (texts == last_texts_) return;
    last_texts_ = texts;
    emit changed();
  });
}

/// The file may have been edited: what makes no sense is as good as not there.
void MemoryLimits::restore() {
  const MemoryPolicy usual;
  policy_.limit_bytes = store_.value(limit_key, 0).toULongLong();
  if (policy_.limit_bytes > 0) policy_.limit_bytes = std::max(policy_.limit_bytes, smallest_limit);
  policy_.guardrail =
      static_cast<Guardrail>(std::clamp(store_.value(guardrail_key, static_cast<int>(usual.guardrail)).toInt(), 0, 2));
  const double idle = store_.value(idle_key, usual.idle_unload_seconds).toDouble();
  policy_.idle_unload_seconds = std::isfinite(idle) ? std::clamp(idle, 0.0, 7 * 86'400.0) : 0;
  bool known = false;
  const quint64 cache = store_.value(cache_key, qulonglong{usual.prompt_cache_bytes}).toULongLong(&known);
  policy_.prompt_cache_bytes = known ? std::min<std::uint64_t>(cache, 64 * gib) : usual.prompt_cache_bytes;
}

void MemoryLimits::apply() {
  store_.setValue(limit_key, qulonglong{policy_.limit_bytes});
  store_.setValue(guardrail_key, static_cast<int>(policy_.guardrail));
  store_.setValue(idle_key, policy_.idle_unload_seconds);
  store_.setValue(cache_key, qulonglong{policy_.prompt_cache_bytes});
  engine_.set_memory_policy(policy_);
  monitor_.refresh();
  emit changed();
}

std::uint64_t MemoryLimits::total() const {
  std::uint64_t bytes = 0;
  for (const MemoryPoolStatus& pool : monitor_.status().pools) bytes += pool.total_bytes;
  return bytes;
}

double MemoryLimits::limit_share() const {
  if (!limited()) return recommended_share();
  return total() == 0 ? 0 : std::min(1.0, static_cast<double>(policy_.limit_bytes) / static_cast<double>(total()));
}

void MemoryLimits::set_limit_share(double share) {
  if (!std::isfinite(share) || total() == 0) return;
  const double wanted = std::clamp(share, 0.0, 1.0) * static_cast<double>(total());
  const auto steps = static_cast<std::uint64_t>(std::llround(wanted / static_cast<double>(limit_step_bytes)));
  const std::uint64_t bytes = std::max(steps * limit_step_bytes, smallest_limit);
  if (bytes == policy_.limit_bytes) return;
  policy_.limit_bytes = bytes;
  apply();
}

double MemoryLimits::recommended_share() const {
  if (total() == 0) return 0;
  return std::min(1.0, static_cast<double>(monitor_.status().recommended_limit_bytes) / static_cast<double>(total()));
}

double MemoryLimits::limit_step() const {
  return total() == 0 ? 0.01 : static_cast<double>(limit_step_bytes) / static_cast<double>(total());
}

QString MemoryLimits::limit_text() const {
  return format::memory_bytes(limited() ? policy_.limit_bytes : monitor_.status().recommended_limit_bytes);
}

QString MemoryLimits::limit_note() const {
  const QString recommended = format::memory_bytes(monitor_.status().recommended_limit_bytes);
  if (!limited()) return tr("As recommended for this computer.");
  if (policy_.limit_bytes > monitor_.status().recommended_limit_bytes)
    return tr("More than recommended (%1): the system may slow down. The guardrail below still holds.")
        .arg(recommended);
  return tr("Your limit; recommended is %1. What is loaded already stays.").arg(recommended);
}

void MemoryLimits::set_guardrail(int guardrail) {
  const auto wanted = static_cast<Guardrail>(std::clamp(guardrail, 0, 2));
  if (wanted == policy_.guardrail) return;
  policy_.guardrail = wanted;
  apply();
}

QString MemoryLimits::guardrail_note() const {
  std::uint64_t system = 0;
  for (const MemoryPoolStatus& pool : monitor_.status().pools) system += pool.is_system ? pool.total_bytes : 0;
  const QString left = format::memory_bytes(reserve(policy_.guardrail, system));
  const QString now = format::memory_bytes(monitor_.status().limit_bytes);
  switch (policy_.guardrail) {
    case Guardrail::careful:
      return tr("Leaves a fifth of system memory (%1) to everything else. Models may use %2 now.").arg(left, now);
    case Guardrail::balanced:
      return tr("Leaves %1 of system memory to everything else. Models may use %2 now.").arg(left, now);
    case Guardrail::off:
      return tr("Leaves only %1: other programs may slow down or be closed. Models may use %2 now.").arg(left, now);
  }
  return {};
}

QStringList MemoryLimits::idle_choices() const {
  QStringList choices;
  for (const int minutes : idle_minutes)
    choices << (minutes == 0 ? tr("Never") : tr("After %1").arg(format::duration(60.0 * minutes)));
  return choices;
}

int MemoryLimits::idle() const {
  return index_of(idle_minutes, static_cast<int>(policy_.idle_unload_seconds / 60));
}

void MemoryLimits::set_idle(int index) {
  const double seconds =
      60.0 * idle_minutes.at(static_cast<std::size_t>(std::clamp<int>(index, 0, idle_minutes.size() - 1)));
  if (seconds == policy_.idle_unload_seconds) return;
  policy_.idle_unload_seconds = seconds;
  apply();
}

QStringList MemoryLimits::prompt_cache_choices() const {
  QStringList choices;
  for (const std::uint64_t bytes : cache_sizes) choices << (bytes == 0 ? tr("None") : format::memory_bytes(bytes));
  return choices;
}

int MemoryLimits::prompt_cache() const {
  return index_of(cache_sizes, policy_.prompt_cache_bytes);
}

void MemoryLimits::set_prompt_cache(int index) {
  const std::uint64_t bytes =
      cache_sizes.at(static_cast<std::size_t>(std::clamp<int>(index, 0, cache_sizes.size() - 1)));
  if (bytes == policy_.prompt_cache_bytes) return;
  policy_.prompt_cache_bytes = bytes;
  apply();
}

/// Saved prompts, and freed memory that is kept for reuse.
std::uint64_t MemoryLimits::clearable() const {
  std::uint64_t bytes = 0;
  for (const MemoryPoolStatus& pool : monitor_.status().pools) {
    bytes += pool.cached_bytes;
    for (const MemoryUse& use : pool.uses) bytes += kind_of(use.tag) == MemoryKind::prompt_cache ? use.bytes : 0;
  }
  return bytes;
}

QString MemoryLimits::clear_text() const {
  return can_clear() ? tr("Clear (%1)").arg(format::memory_bytes(clearable())) : tr("Nothing to clear");
}

void MemoryLimits::useRecommendedLimit() {
  if (!limited()) return;
  policy_.limit_bytes = 0;
  apply();
}

void MemoryLimits::clearCaches() {
  engine_.drop_caches();
  monitor_.refresh();
  emit changed();
}

}  // namespace etna::gui
