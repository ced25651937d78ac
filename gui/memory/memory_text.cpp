#include "gui/memory/memory_text.h"

#include <QCoreApplication>
#include <QLocale>
#include <QStringList>
#include <algorithm>
#include <cmath>

#include "gui/memory/memory_kinds.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("MemoryText", text);
}

std::uint64_t total_bytes(const MemoryStatus& status) {
  std::uint64_t bytes = 0;
  for (const MemoryPoolStatus& pool : status.pools) bytes += pool.total_bytes;
  return bytes;
}

QString percent(double value) {
  return QLocale().toString(std::isfinite(value) ? std::clamp(value, 0.0, 100.0) : 0.0, 'f', 1);
}

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : std::min(1.0, static_cast<double>(part) / static_cast<double>(whole));
}

QString name_of(const MemoryPoolStatus& pool) {
  if (!pool.name.empty()) return QString::fromStdString(pool.name);
  return pool.is_system ? tr("System memory") : tr("Graphics memory");
}

QString pressure_line(const MemoryStatus& status) {
  if (!status.pressure_known)
    return tr("This system does not report memory pressure; the available memory decides how tight it is.");
  return tr("Pressure of the last 10 s: something waited for memory %1 % of the time, everything %2 %.")
      .arg(percent(status.some_avg10), percent(status.full_avg10));
}

QStringList pool_lines(const MemoryPoolStatus& pool) {
  QStringList lines;
  const auto add = [&](const QString& what, std::uint64_t bytes) {
    if (bytes > 0) lines << tr("%1: %2 %3").arg(name_of(pool), format::memory_bytes(bytes), what);
  };
  add(tr("of pages of files, which the system can drop and read again"), pool.mapped_bytes);
  add(tr("kept for reuse, given back when memory gets tight"), pool.cached_bytes);
  add(tr("in rests of larger pieces"), pool.slack_bytes);
  add(tr("promised to loads and runs that have not taken it yet"), pool.reserved_bytes);
  add(tr("in use at most since Etna started"), pool.peak_bytes);
  if (!pool.note.empty()) lines << name_of(pool) + QStringLiteral(": ") + QString::fromStdString(pool.note);
  return lines;
}

}  // namespace

QString pressure_word(MemoryPressure pressure) {
  switch (pressure) {
    case MemoryPressure::calm: return tr("calm");
    case MemoryPressure::busy: return tr("busy");
    case MemoryPressure::tight: return tr("tight");
    case MemoryPressure::critical: return tr("critical");
  }
  return tr("calm");
}

QString memory_sentence(const MemoryStatus& status) {
  if (status.pools.empty()) return tr("Looking at this computer's memory…");
  return tr("Memory is %1. Etna uses %2; %3 are free for models.")
      .arg(pressure_word(status.pressure), format::memory_of(status.live_bytes(), total_bytes(status)),
           format::memory_bytes(status.free_bytes()));
}

Bar pool_bar(const MemoryPoolStatus& pool) {
  Bar bar;
  bar.name = name_of(pool);
  bar.note = QString::fromStdString(pool.note);
  const auto bytes = split(pool);
  std::uint64_t used = 0;
  for (std::size_t i = 0; i < memory_kinds; ++i) {
    const auto kind = static_cast<MemoryKind>(i);
    bar.segments << Segment{kind_name(kind), bytes[i], kind_color(kind), kind_pattern(kind)};
    if (kind != MemoryKind::free) used += bytes[i];
  }
  bar.whole = std::max<quint64>(pool.total_bytes, used);
  bar.text = tr("%1 in use · Etna's models may use %2")
                 .arg(format::memory_of(used, pool.total_bytes), format::memory_bytes(pool.limit_bytes));
  // What others have comes first in the bar, and Etna's own window is not part of the limit.
  bar.tick = bar.whole == 0 ? -1 : share(pool.other_bytes + pool.app_bytes + pool.limit_bytes, bar.whole);
  return bar;
}

QStringList memory_details(const MemoryStatus& status) {
  QStringList lines = {pressure_line(status)};
  for (const MemoryPoolStatus& pool : status.pools) lines << pool_lines(pool);
  for (const PhasePeak& peak : status.peaks)
    lines << tr("Most in use while %1: %2").arg(QString::fromStdString(peak.phase), format::memory_bytes(peak.bytes));
  for (const std::string& detail : status.details) lines << QString::fromStdString(detail);
  return lines;
}

QString memory_report(const MemoryStatus& status) {
  QStringList lines = {memory_sentence(status), QString()};
  for (const MemoryPoolStatus& pool : status.pools) {
    const Bar bar = pool_bar(pool);
    lines << bar.name + QStringLiteral(": ") + bar.text;
    for (const Segment& segment : bar.segments)
      lines << QStringLiteral("  ") + segment.name + QStringLiteral(": ") + format::memory_bytes(segment.bytes);
    for (const MemoryUse& use : pool.uses) {
      lines << QStringLiteral("    ") + QString::fromStdString(use.owner) + QStringLiteral(", ") +
                   QString::fromStdString(use.tag) + QStringLiteral(": ") + QString::number(use.bytes) +
                   QStringLiteral(" B, peak ") + QString::number(use.peak_bytes) + QStringLiteral(" B");
    }
  }
  lines << QString();
  for (const LoadedModelStatus& model : status.models) {
    lines << QString::fromStdString(model.name) + QStringLiteral(": ") + QString::fromStdString(model.settings) +
                 QStringLiteral(", ") + format::memory_bytes(model.bytes);
  }
  lines << QString() << memory_details(status);
  return lines.join(u'\n') + u'\n';
}

}  // namespace etna::gui
