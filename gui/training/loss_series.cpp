#include "gui/training/loss_series.h"

#include <QLocale>
#include <algorithm>
#include <cmath>

#include "gui/plot/plot_ticks.h"

namespace etna::gui {
namespace {

constexpr double memory = 0.9;             // share of the former value in a smoothed one
constexpr std::size_t most_points = 2000;  // of a line: more than any screen has
constexpr int loss_color = 0, check_color = 1, other_color = 2;

QString number(double value) {
  return QLocale().toString(value, 'f', std::abs(value) < 0.095 ? 4 : 2);
}

QString whole(double value) {
  return QLocale().toString(static_cast<qlonglong>(value));
}

/// Of more points than a screen has the mean of neighbours.
QVector<QPointF> thinned(QVector<QPointF> points) {
  const auto size = static_cast<std::size_t>(points.size());
  if (size <= most_points) return points;
  const std::size_t group = (size + most_points - 1) / most_points;
  QVector<QPointF> kept;
  for (std::size_t begin = 0; begin < size; begin += group) {
    const std::size_t end = std::min(begin + group, size);
    QPointF sum;
    for (std::size_t i = begin; i < end; ++i) sum += points[static_cast<qsizetype>(i)];
    kept << sum / static_cast<double>(end - begin);
  }
  return kept;
}

void drop_before(PlotSeries& series, double x) {
  series.points.removeIf([x](const QPointF& point) { return point.x() < x; });
}

}  // namespace

QVector<QPointF> smoothed(const std::vector<runs::Step>& steps) {
  QVector<QPointF> points;
  double sum = 0, weight = 0;
  for (const runs::Step& step : steps) {
    if (!std::isfinite(step.loss)) continue;
    sum = memory * sum + (1 - memory) * step.loss;
    weight = memory * weight + (1 - memory);
    points << QPointF(static_cast<double>(step.iteration), sum / weight);
  }
  return points;
}

void LossSeries::set_view(bool& flag, bool on) {
  if (flag == on) return;
  flag = on;
  emit viewChanged();
  touch();
}

void LossSeries::set_smooth(bool on) {
  set_view(smooth_, on);
}

void LossSeries::set_logarithmic(bool on) {
  set_view(logarithmic_, on);
}

void LossSeries::set_last_only(bool on) {
  set_view(last_only_, on);
}

void LossSeries::touch() {
  stale_ = true;
  emit plotChanged();
}

void LossSeries::begin(std::uint64_t iterations, std::uint64_t check_every, bool has_check_rows) {
  iterations_ = iterations;
  check_every_ = check_every;
  has_check_rows_ = has_check_rows;
  steps_.clear();
  checks_.clear();
  other_.clear();
  touch();
}

void LossSeries::add(const runs::Events& events) {
  steps_.insert(steps_.end(), events.steps.begin(), events.steps.end());
  checks_.insert(checks_.end(), events.checks.begin(), events.checks.end());
  touch();
}

void LossSeries::forget_after(std::uint64_t iteration) {
  std::erase_if(steps_, [&](const runs::Step& step) { return step.iteration > iteration; });
  std::erase_if(checks_, [&](const runs::Check& check) { return check.iteration > iteration; });
  touch();
}

void LossSeries::compare(const std::vector<runs::Step>& steps, const QString& name) {
  other_ = steps;
  other_name_ = name;
  touch();
}

const PlotData& LossSeries::plot() const {
  if (stale_) plot_ = make();
  stale_ = false;
  return plot_;
}

PlotData LossSeries::make() const {
  PlotData data;
  PlotSeries raw{.name = tr("Loss"),
                 .color = loss_color,
                 .pattern = Pattern::solid,
                 .style = PlotSeries::Style::line,
                 .width = 1,
                 .opacity = smooth_ ? 0.35 : 1,
                 .points = {}};
  for (const runs::Step& step : steps_) raw.points << QPointF(static_cast<double>(step.iteration), step.loss);
  PlotSeries strong{.name = tr("Smoothed"),
                    .color = loss_color,
                    .pattern = Pattern::solid,
                    .style = PlotSeries::Style::line,
                    .width = 2,
                    .opacity = 1,
                    .points = smoothed(steps_)};
  PlotSeries line{.name = tr("Check"),
                  .color = check_color,
                  .pattern = Pattern::solid,
                  .style = PlotSeries::Style::line,
                  .width = 1.5,
                  .opacity = 1,
                  .points = {}};
  for (const runs::Check& check : checks_) line.points << QPointF(static_cast<double>(check.iteration), check.loss);
  PlotSeries dots = line;
  dots.style = PlotSeries::Style::dots;
  PlotSeries other{.name = other_name_,
                   .color = other_color,
                   .pattern = Pattern::solid,
                   .style = PlotSeries::Style::line,
                   .width = 2,
                   .opacity = 1,
                   .points = smoothed(other_)};
  data.series << raw;
  if (smooth_) data.series << strong;
  if (!other_.empty()) data.series << other;
  data.series << line << dots;

  const std::uint64_t done = steps_.empty() ? 0 : steps_.back().iteration;
  const std::uint64_t other_done = other_.empty() ? 0 : other_.back().iteration;
  data.x_max = static_cast<double>(std::max({done, other_done, std::uint64_t{1}}));
  if (last_only_ && done > last_steps) data.x_min = static_cast<double>(done - last_steps);
  // A picture that grows to the right as the run goes on: half of it is never empty.
  if (!last_only_ && done < iterations_)
    data.x_max =
        std::max(data.x_max, std::min(static_cast<double>(iterations_), 1.25 * static_cast<double>(done) + 10));
  double least = 1e300, most = -1e300;
  for (PlotSeries& series : data.series) {
    drop_before(series, data.x_min);
    for (const QPointF& point : series.points) {
      if (!std::isfinite(point.y())) continue;
      least = std::min(least, point.y());
      most = std::max(most, point.y());
    }
    if (series.style == PlotSeries::Style::line) series.points = thinned(series.points);
  }
  if (most < least) return data;
  data.log_y = logarithmic_ && least > 0;
  const double margin = std::max((most - least) * 0.08, std::abs(most) * 0.01 + 1e-6);
  data.y_min = data.log_y ? least / 1.1 : std::max(0.0, least - margin);
  data.y_max = data.log_y ? most * 1.1 : most + margin;
  for (const double value : decimal_ticks(data.x_min, data.x_max, 8)) {
    if (value == std::floor(value)) data.x_ticks << PlotTick{value, whole(value)};
  }
  for (const double value : data.log_y ? log_ticks(data.y_min, data.y_max) : decimal_ticks(data.y_min, data.y_max, 5))
    data.y_ticks << PlotTick{value, QLocale().toString(value, 'g', 3)};
  return data;
}

QString LossSeries::describe(double x) const {
  const auto at = std::ranges::lower_bound(steps_, x - 0.5, {},
                                           [](const runs::Step& step) { return static_cast<double>(step.iteration); });
  QStringList lines;
  if (at != steps_.end())
    lines << tr("Step %1 · loss %2").arg(whole(static_cast<double>(at->iteration)), number(at->loss));
  for (const QPointF& point :
       at == steps_.end() ? QVector<QPointF>() : smoothed({steps_.begin(), at + 1}).mid(at - steps_.begin()))
    lines << tr("Smoothed %1").arg(number(point.y()));
  for (const runs::Check& check : checks_) {
    if (std::abs(static_cast<double>(check.iteration) - x) <= 0.5) lines << tr("Check %1").arg(number(check.loss));
  }
  return lines.join(u'\n');
}

QString LossSeries::summary() const {
  if (steps_.empty()) return tr("No step is done yet.");
  const QVector<QPointF> line = smoothed(steps_);
  if (line.isEmpty()) return tr("The loss is not a number.");
  const double first = line.front().y(), last = line.back().y();
  const QString verb = last < first ? tr("Loss fell from %1 to %2") : tr("Loss rose from %1 to %2");
  const QString text = verb.arg(number(first), number(last));
  return checks_.empty() ? text : tr("%1; last check %2").arg(text, number(checks_.back().loss));
}

QString LossSeries::check_note() const {
  if (!checks_.empty()) return {};
  if (!has_check_rows_) return tr("No row is kept for checking.");
  if (check_every_ == 0) return tr("Checks are off.");
  return tr("First check at step %1")
      .arg(whole(static_cast<double>(std::min(check_every_, std::max<std::uint64_t>(iterations_, 1)))));
}

}  // namespace etna::gui
