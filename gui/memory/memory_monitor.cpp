#include "gui/memory/memory_monitor.h"

#include <algorithm>
#include <cmath>

#include "gui/memory/memory_text.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

constexpr int page_interval_ms = 500;
constexpr int window_interval_ms = 5000;

/// In steps of a thousandth: the gauge is forty pixels wide.
double share(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return 0;
  return std::min(1.0, std::round(1000.0 * static_cast<double>(part) / static_cast<double>(whole)) / 1000.0);
}

}  // namespace

MemoryMonitor::MemoryMonitor(Engine& engine, QObject* parent) : QObject(parent), engine_(engine), models_(engine) {
  timer_.setTimerType(Qt::CoarseTimer);
  connect(&timer_, &QTimer::timeout, this, &MemoryMonitor::refresh);
  connect(&models_, &LoadedModels::changed, this, &MemoryMonitor::refresh);
}

void MemoryMonitor::set_visible(bool visible) {
  if (visible == visible_) return;
  visible_ = visible;
  pace();
  emit visibleChanged();
}

void MemoryMonitor::set_page_visible(bool visible) {
  if (visible == page_visible_) return;
  page_visible_ = visible;
  pace();
  emit visibleChanged();
}

void MemoryMonitor::pace() {
  if (!visible_) return timer_.stop();
  timer_.start(page_visible_ ? page_interval_ms : window_interval_ms);
  refresh();
}

void MemoryMonitor::refresh() {
  status_ = engine_.memory();
  std::vector<MemoryEvent> events;
  if (status_.last_event != last_event_) {
    events = engine_.memory_events(last_event_);
    last_event_ = status_.last_event;
  }
  models_.set(status_.models);
  history_.take(status_, events);
  if (page_visible_) show_page();

  const Shown shown{format::memory_share(status_.live_bytes(), status_.limit_bytes), pressure_word(status_.pressure),
                    memory_sentence(status_), static_cast<Pressure>(status_.pressure),
                    share(status_.live_bytes(), status_.limit_bytes)};
  if (shown != shown_) {
    shown_ = shown;
    emit changed();
  }
  emit sampled(events);
}

/// What only the page shows.
void MemoryMonitor::show_page() {
  QVector<Bar> bars;
  for (const MemoryPoolStatus& pool : status_.pools) bars << pool_bar(pool);
  pools_.set(bars);
  uses_.set(status_.pools);
  const QString details = memory_details(status_).join(u'\n');
  if (details == details_) return;
  details_ = details;
  emit detailsChanged();
}

QString MemoryMonitor::report() const {
  return memory_report(status_);
}

}  // namespace etna::gui
