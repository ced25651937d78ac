#pragma once

#include <deque>

#include "engine/session/memory_messages.h"
#include "gui/memory/memory_kinds.h"
#include "gui/plot/plot_source.h"

namespace etna::gui {

/// What Etna's models held lately, by kind, and what happened: the last minute, ten minutes, hour. Each range keeps so
/// many values as the screen can show; where several fall on one place the largest is kept.
class MemoryHistory : public etna::gui::PlotSource {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The memory monitor owns its history")
  Q_PROPERTY(Range range READ range WRITE set_range NOTIFY rangeChanged)
  Q_PROPERTY(QString summary READ summary NOTIFY plotChanged)

public:
  enum Range { Minute, TenMinutes, Hour };
  Q_ENUM(Range)

  using PlotSource::PlotSource;

  /// `events`: those since the last call.
  void take(const MemoryStatus& status, const std::vector<MemoryEvent>& events);

  Range range() const { return range_; }

  void set_range(Range range);

  QString summary() const;  ///< for a screen reader: from, to, most

  const PlotData& plot() const override;
  QString describe(double x) const override;

signals:
  void rangeChanged();

private:
  static constexpr std::array shown = {MemoryKind::weights, MemoryKind::context, MemoryKind::prompt_cache,
                                       MemoryKind::working, MemoryKind::training};

  /// Of one place on the time axis.
  struct Sample {
    qint64 place = 0;
    std::array<std::uint64_t, shown.size()> bytes{};

    std::uint64_t total() const;
  };

  struct Event {
    double seconds = 0;
    QString text;
    bool bad = false;
  };

  using Ring = std::deque<Sample>;

  void add(int range, double seconds, const Sample& sample);
  PlotData make() const;
  void add_series(PlotData& data, double width) const;

  std::array<Ring, 3> rings_;  ///< by Range
  std::deque<Event> events_;
  std::uint64_t limit_ = 0;
  Range range_ = Minute;
  mutable PlotData plot_;
  mutable bool stale_ = true;
};

}  // namespace etna::gui
