#include "gui/memory/memory_history.h"

#include <QStringList>
#include <algorithm>
#include <cmath>

#include "gui/plot/plot_ticks.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

struct Span {
  double seconds;  ///< in all
  double width;    ///< of one place
};

constexpr std::array spans = {Span{60, 0.5}, Span{600, 2}, Span{3600, 10}};
constexpr std::size_t kept_events = 200;

const Span& span_of(MemoryHistory::Range range) {
  return spans.at(static_cast<std::size_t>(range));
}

bool is_bad(MemoryEvent::Kind kind) {
  switch (kind) {
    case MemoryEvent::Kind::evicted:
    case MemoryEvent::Kind::refused:
    case MemoryEvent::Kind::out_of_memory:
    case MemoryEvent::Kind::device_lost: return true;
    default: return false;
  }
}

QVector<PlotTick> time_ticks(MemoryHistory::Range range) {
  const double seconds = span_of(range).seconds;
  QVector<PlotTick> ticks;
  for (const double share : {1.0, 0.75, 0.5, 0.25})
    ticks << PlotTick{-share * seconds, MemoryHistory::tr("−%1").arg(format::duration(share * seconds))};
  ticks << PlotTick{0, MemoryHistory::tr("now")};
  return ticks;
}

/// Points between two equal ones say nothing.
void simplify(QVector<PlotSeries>& all) {
  if (all.isEmpty()) return;
  const qsizetype count = all.front().points.size();
  QVector<qsizetype> kept;
  for (qsizetype i = 0; i < count; ++i) {
    const auto flat = [i](const PlotSeries& series) {
      return series.points[i].y() == series.points[i - 1].y() && series.points[i].y() == series.points[i + 1].y();
    };
    if (i == 0 || i + 1 == count || !std::ranges::all_of(all, flat)) kept << i;
  }
  for (PlotSeries& series : all) {
    QVector<QPointF> points;
    for (const qsizetype i : kept) points << series.points[i];
    series.points = points;
  }
}

}  // namespace

std::uint64_t MemoryHistory::Sample::total() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t part : bytes) sum += part;
  return sum;
}

void MemoryHistory::take(const MemoryStatus& status, const std::vector<MemoryEvent>& events) {
  if (!std::isfinite(status.seconds)) return;
  Sample sample;
  for (const MemoryPoolStatus& pool : status.pools) {
    const auto bytes = split(pool);
    for (std::size_t i = 0; i < shown.size(); ++i) sample.bytes[i] += bytes[static_cast<std::size_t>(shown[i])];
  }
  for (int range = 0; range < 3; ++range) add(range, status.seconds, sample);
  for (const MemoryEvent& event : events)
    events_.push_back({event.seconds, QString::fromStdString(event.sentence), is_bad(event.kind)});
  while (events_.size() > kept_events) events_.pop_front();
  limit_ = status.limit_bytes;
  stale_ = true;
  emit plotChanged();
}

void MemoryHistory::add(int range, double seconds, const Sample& sample) {
  Ring& ring = rings_[static_cast<std::size_t>(range)];
  const Span& span = spans[static_cast<std::size_t>(range)];
  Sample placed = sample;
  placed.place = static_cast<qint64>(std::floor(seconds / span.width));
  if (!ring.empty() && placed.place < ring.back().place) ring.clear();  // another clock
  if (!ring.empty() && placed.place == ring.back().place) {
    if (placed.total() > ring.back().total()) ring.back() = placed;
    return;
  }
  // Between two samples the former holds.
  if (!ring.empty() && placed.place > ring.back().place + 1) {
    Sample held = ring.back();
    held.place = placed.place - 1;
    ring.push_back(held);
  }
  ring.push_back(placed);
  const auto oldest = placed.place - static_cast<qint64>(span.seconds / span.width);
  // One from before stays, so that the picture begins at its left edge.
  while (ring.size() > 2 && ring[1].place <= oldest) ring.pop_front();
}

void MemoryHistory::set_range(Range range) {
  if (range == range_) return;
  range_ = range;
  stale_ = true;
  emit rangeChanged();
  emit plotChanged();
}

const PlotData& MemoryHistory::plot() const {
  if (stale_) plot_ = make();
  stale_ = false;
  return plot_;
}

void MemoryHistory::add_series(PlotData& data, double width) const {
  const Ring& ring = rings_.at(static_cast<std::size_t>(range_));
  for (std::size_t i = 0; i < shown.size(); ++i) {
    PlotSeries series{.name = kind_name(shown[i]),
                      .color = kind_color(shown[i]),
                      .pattern = kind_pattern(shown[i]),
                      .style = PlotSeries::Style::area,
                      .width = 1,
                      .opacity = 1,
                      .points = {}};
    for (const Sample& sample : ring) {
      const double x = static_cast<double>(sample.place - ring.back().place) * width;
      series.points << QPointF(std::max(x, data.x_min), static_cast<double>(sample.bytes[i]));
    }
    data.series << series;
  }
  simplify(data.series);
  // Kinds that were never used need no place.
  data.series.removeIf([](const PlotSeries& series) {
    return std::ranges::all_of(series.points, [](const QPointF& point) { return point.y() == 0; });
  });
}

PlotData MemoryHistory::make() const {
  PlotData data;
  const Span& span = span_of(range_);
  const Ring& ring = rings_.at(static_cast<std::size_t>(range_));
  data.x_min = -span.seconds;
  data.x_max = 0;
  data.x_ticks = time_ticks(range_);
  std::uint64_t most = 0;
  for (const Sample& sample : ring) most = std::max(most, sample.total());
  if (ring.empty()) return data;
  add_series(data, span.width);

  data.y_max = std::max(static_cast<double>(most) * 1.12, 64.0 * 1024 * 1024);
  for (const double value : byte_ticks(data.y_max, 5))
    data.y_ticks << PlotTick{
        value, value == 0 ? QStringLiteral("0") : format::memory_bytes(static_cast<std::uint64_t>(value))};
  if (limit_ > 0) data.levels << PlotLevel{static_cast<double>(limit_), tr("limit")};
  for (const Event& event : events_) {
    const auto place = static_cast<qint64>(std::floor(event.seconds / span.width));
    const double x = static_cast<double>(place - ring.back().place) * span.width;
    if (x >= data.x_min && x <= 0) data.marks << PlotMark{x, event.text, event.bad};
  }
  return data;
}

QString MemoryHistory::describe(double x) const {
  const Ring& ring = rings_.at(static_cast<std::size_t>(range_));
  if (ring.empty()) return {};
  const double place = static_cast<double>(ring.back().place) + x / span_of(range_).width;
  const Sample* found = nullptr;
  for (const Sample& sample : ring) {
    if (static_cast<double>(sample.place) <= place + 0.01) found = &sample;
  }
  if (!found) return {};
  const QString when = -x < span_of(range_).width ? tr("now") : tr("%1 ago").arg(format::duration(-x));
  QStringList lines = {tr("%1: %2").arg(when, format::memory_bytes(found->total()))};
  for (std::size_t i = 0; i < shown.size(); ++i) {
    if (found->bytes[i] > 0) lines << kind_name(shown[i]) + u' ' + format::memory_bytes(found->bytes[i]);
  }
  return lines.join(u'\n');
}

QString MemoryHistory::summary() const {
  const Ring& ring = rings_.at(static_cast<std::size_t>(range_));
  if (ring.empty()) return tr("Nothing is known yet.");
  const auto most = std::ranges::max(ring, {}, &Sample::total).total();
  return tr("Models held %1 at the beginning, %2 now, %3 at most.")
      .arg(format::memory_bytes(ring.front().total()), format::memory_bytes(ring.back().total()),
           format::memory_bytes(most));
}

}  // namespace etna::gui
