#include "gui/training/length_series.h"

#include <QLocale>
#include <algorithm>

#include "gui/plot/plot_ticks.h"
#include "gui/text/format.h"

namespace etna::gui {
namespace {

QString whole(double value) {
  return QLocale().toString(static_cast<qlonglong>(value));
}

}  // namespace

void LengthSeries::set(const DataReport& report, std::uint64_t limit) {
  report_ = report;
  longer_ = 0;
  for (const DataBar& bar : report.lengths) {
    if (bar.first > static_cast<std::int64_t>(limit)) longer_ += bar.rows;
  }
  plot_ = {};
  if (report.lengths.empty()) return emit plotChanged();
  PlotSeries series{.name = tr("Rows"),
                    .color = 0,
                    .pattern = Pattern::solid,
                    .style = PlotSeries::Style::area,
                    .width = 1,
                    .opacity = 1,
                    .points = {}};
  double most = 1;
  for (const DataBar& bar : report.lengths) {
    series.points << QPointF(static_cast<double>(bar.first), static_cast<double>(bar.rows))
                  << QPointF(static_cast<double>(bar.last) + 0.999, static_cast<double>(bar.rows));
    most = std::max(most, static_cast<double>(bar.rows));
  }
  plot_.series << series;
  const double longest = static_cast<double>(report.lengths.back().last) + 1;
  // The line is shown where rows are cut, or nearly are.
  const bool near = static_cast<double>(limit) <= 2 * longest;
  plot_.x_max = near ? std::max(longest, static_cast<double>(limit) * 1.05) : longest;
  plot_.y_max = most * 1.15;
  for (const double value : decimal_ticks(0, plot_.x_max, 6)) plot_.x_ticks << PlotTick{value, whole(value)};
  for (const double value : decimal_ticks(0, plot_.y_max, 4)) plot_.y_ticks << PlotTick{value, whole(value)};
  if (near)
    plot_.marks << PlotMark{static_cast<double>(limit), tr("Cut at %1 tokens").arg(whole(static_cast<double>(limit))),
                            report.longest > static_cast<std::int64_t>(limit)};
  emit plotChanged();
}

QString LengthSeries::describe(double x) const {
  for (const DataBar& bar : report_.lengths) {
    if (x >= static_cast<double>(bar.first) && x < static_cast<double>(bar.last) + 1)
      return tr("%1 to %2 tokens\nRows: %3")
          .arg(whole(static_cast<double>(bar.first)), whole(static_cast<double>(bar.last)),
               whole(static_cast<double>(bar.rows)));
  }
  return {};
}

QString LengthSeries::summary() const {
  if (report_.lengths.empty()) return tr("Nothing is known yet.");
  const QString cut =
      longer_ == 0 ? tr("none is cut") : tr("about %1 are cut").arg(whole(static_cast<double>(longer_)));
  return tr("The longest row has %1; %2.").arg(format::tokens(static_cast<std::uint64_t>(report_.longest)), cut);
}

}  // namespace etna::gui
