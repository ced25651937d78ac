#include "gui/system/memory_monitor.h"

#include <algorithm>

#include "gui/text/format.h"

namespace etna::gui {
namespace {

constexpr int busy_interval_ms = 500;
constexpr int idle_interval_ms = 3000;

QString tag_name(const std::string& tag) {
  static const QHash<QString, QString> names = {
      {QStringLiteral("weights"), MemoryMonitor::tr("Weights")},
      {QStringLiteral("kv_cache"), MemoryMonitor::tr("Context")},
      {QStringLiteral("prompt_cache"), MemoryMonitor::tr("Prompt cache")},
      {QStringLiteral("activations"), MemoryMonitor::tr("Working memory")},
      {QStringLiteral("training"), MemoryMonitor::tr("Training")},
      {QStringLiteral("staging"), MemoryMonitor::tr("Transfers")},
  };
  return names.value(QString::fromStdString(tag), MemoryMonitor::tr("Other"));
}

bool same(const MemorySummary& a, const MemorySummary& b) {
  const auto equal = [](const MemoryUse& x, const MemoryUse& y) {
    return x.owner == y.owner && x.tag == y.tag && x.bytes == y.bytes;
  };
  return a.live_bytes == b.live_bytes && a.cached_bytes == b.cached_bytes && a.limit_bytes == b.limit_bytes &&
         std::ranges::equal(a.uses, b.uses, equal);
}

}  // namespace

MemoryMonitor::Pressure pressure_of(const MemorySummary& summary) {
  if (summary.limit_bytes == 0) return MemoryMonitor::Calm;
  const double share = static_cast<double>(summary.live_bytes) / static_cast<double>(summary.limit_bytes);
  if (share < 0.75) return MemoryMonitor::Calm;
  if (share < 0.90) return MemoryMonitor::Busy;
  return share < 0.98 ? MemoryMonitor::Tight : MemoryMonitor::Critical;
}

MemoryMonitor::MemoryMonitor(const Engine& engine, QObject* parent) : QAbstractListModel(parent), engine_(engine) {
  timer_.setInterval(idle_interval_ms);
  timer_.setTimerType(Qt::CoarseTimer);
  connect(&timer_, &QTimer::timeout, this, &MemoryMonitor::sample);
}

int MemoryMonitor::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(summary_.uses.size());
}

QVariant MemoryMonitor::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const MemoryUse& use = summary_.uses.at(static_cast<std::size_t>(index.row()));
  switch (role) {
    case NameRole:
      // Only one model is loaded at a time: it needs no name of its own here.
      return use.owner == "model" ? tag_name(use.tag)
                                  : tr("%1 · %2").arg(tag_name(use.tag), QString::fromStdString(use.owner));
    case AmountRole: return format::memory_bytes(use.bytes);
    default: return {};
  }
}

QHash<int, QByteArray> MemoryMonitor::roleNames() const {
  return {{NameRole, "name"}, {AmountRole, "amount"}};
}

QString MemoryMonitor::text() const {
  return format::memory_share(summary_.live_bytes, summary_.limit_bytes);
}

QString MemoryMonitor::word() const {
  switch (pressure_) {
    case Calm: return tr("calm");
    case Busy: return tr("busy");
    case Tight: return tr("tight");
    case Critical: return tr("critical");
  }
  return {};
}

QString MemoryMonitor::detail() const {
  const QString use = tr("Etna uses %1 of the %2 it may use.")
                          .arg(format::memory_bytes(summary_.live_bytes), format::memory_bytes(summary_.limit_bytes));
  if (summary_.cached_bytes == 0) return use;
  return use + u' ' +
         tr("%1 more are kept for reuse and given back when needed.").arg(format::memory_bytes(summary_.cached_bytes));
}

double MemoryMonitor::fraction() const {
  if (summary_.limit_bytes == 0) return 0;
  return std::min(1.0, static_cast<double>(summary_.live_bytes) / static_cast<double>(summary_.limit_bytes));
}

void MemoryMonitor::set_visible(bool visible) {
  if (visible == timer_.isActive()) return;
  if (visible) {
    sample();
    timer_.start();
  } else {
    timer_.stop();
  }
  emit visibleChanged();
}

void MemoryMonitor::set_busy(bool busy) {
  const int interval_ms = busy ? busy_interval_ms : idle_interval_ms;
  if (timer_.interval() == interval_ms) return;
  timer_.setInterval(interval_ms);
  if (visible()) sample();
}

void MemoryMonitor::sample() {
  MemorySummary summary = engine_.memory();
  if (same(summary, summary_)) return;
  if (summary.uses.size() == summary_.uses.size()) {
    summary_ = std::move(summary);
    if (rowCount() > 0) emit dataChanged(index(0), index(rowCount() - 1));
  } else {
    beginResetModel();
    summary_ = std::move(summary);
    endResetModel();
  }
  pressure_ = pressure_of(summary_);
  emit changed();
}

}  // namespace etna::gui
