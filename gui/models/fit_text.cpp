#include "gui/models/fit_text.h"

#include <QCoreApplication>
#include <QLocale>
#include <algorithm>

#include "gui/memory/memory_kinds.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("FitText", text);
}

QString of_usable(const LoadEstimate& estimate) {
  return format::memory_of(estimate.total(), estimate.usable_bytes);
}

Bar bar_of(const PoolEstimate& pool, const QString& name) {
  Bar bar;
  bar.name = name;
  const auto add = [&](MemoryKind kind, std::uint64_t bytes) {
    bar.segments << Segment{kind_name(kind), bytes, kind_color(kind), kind_pattern(kind)};
  };
  add(MemoryKind::weights, pool.weight_bytes);
  add(MemoryKind::context, pool.kv_cache_bytes);
  add(MemoryKind::working, pool.working_bytes);
  add(MemoryKind::adapter, pool.adapter_bytes);
  add(MemoryKind::training, pool.training_bytes);
  const std::uint64_t total = pool.total();
  bar.whole = std::max(total, pool.usable_bytes);
  add(MemoryKind::free, bar.whole - total);
  bar.text =
      total <= pool.usable_bytes
          ? tr("%1 that may be used").arg(format::memory_of(total, pool.usable_bytes))
          : tr("needs %1 · %2 may be used").arg(format::memory_bytes(total), format::memory_bytes(pool.usable_bytes));
  // At the end of the bar there is nothing to mark.
  if (total > pool.usable_bytes) bar.tick = static_cast<double>(pool.usable_bytes) / static_cast<double>(bar.whole);
  return bar;
}

}  // namespace

QString fit_word(Fit fit) {
  switch (fit) {
    case Fit::fits_well: return tr("Fits well");
    case Fit::tight: return tr("Tight");
    case Fit::very_tight: return tr("Very tight");
    case Fit::too_big: return tr("Too big");
  }
  return {};
}

QString fit_sentence(const LoadEstimate& estimate) {
  switch (estimate.fit) {
    case Fit::fits_well: return tr("Fits well: %1 that may be used.").arg(of_usable(estimate));
    case Fit::tight: return tr("Tight: %1 that may be used; other programs may slow down.").arg(of_usable(estimate));
    case Fit::very_tight:
      return tr("Very tight: %1 that may be used; only up to %2 of context fit.")
          .arg(of_usable(estimate), format::tokens(estimate.longest_context));
    case Fit::too_big:
      return tr("This needs %1; %2 may be used.")
          .arg(format::memory_bytes(estimate.total()), format::memory_bytes(estimate.usable_bytes));
  }
  return {};
}

const LoadEstimate::Room* room_for(const LoadEstimate& estimate) {
  if (estimate.fit != Fit::too_big) return nullptr;
  const auto makes_room = [](const LoadEstimate::Room& room) { return room.fit_after != Fit::too_big; };
  const auto found = std::ranges::find_if(estimate.unloading, makes_room);
  return found == estimate.unloading.end() ? nullptr : &*found;
}

QString fit_hint(const LoadEstimate& estimate) {
  if (const LoadEstimate::Room* room = room_for(estimate))
    return tr("Fits after unloading %1").arg(QString::fromStdString(room->name));
  if (estimate.fit == Fit::too_big)
    return tr("Too big: needs %1, %2 may be used")
        .arg(format::memory_bytes(estimate.total()), format::memory_bytes(estimate.usable_bytes));
  return tr("%1 · %2").arg(fit_word(estimate.fit), format::memory_bytes(estimate.total()));
}

QVector<Bar> estimate_bars(const LoadEstimate& estimate, const QString& system_name) {
  QVector<Bar> bars;
  for (const PoolEstimate& pool : estimate.pools) {
    if (pool.total() == 0 && estimate.pools.size() > 1) continue;
    const QString name = estimate.pools.size() == 1 ? tr("Memory")
                         : pool.pool == "system"    ? system_name
                                                    : tr("Graphics memory");
    bars << bar_of(pool, name);
  }
  return bars;
}

}  // namespace etna::gui
