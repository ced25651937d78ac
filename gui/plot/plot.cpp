#include "gui/plot/plot.h"

#include <QKeyEvent>
#include <algorithm>
#include <cmath>

namespace etna::gui {
namespace {

constexpr double catching_distance = 6;  // pixels: a mark is as good as pointed at

QVector<double> positions(const PlotData& data) {
  QVector<double> all;
  for (const PlotSeries& series : data.series) {
    for (const QPointF& point : series.points) all << point.x();
  }
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

/// The next of some values in a direction; none beyond the ends.
double next_of(const QVector<double>& values, double from, int by) {
  if (by > 0) {
    const auto next = std::ranges::upper_bound(values, from);
    return next == values.end() ? from : *next;
  }
  const auto next = std::ranges::lower_bound(values, from);
  return next == values.begin() ? from : *(next - 1);
}

}  // namespace

Plot::Plot(QQuickItem* parent) : ImageItem(parent) {
  setAcceptHoverEvents(true);
  setActiveFocusOnTab(true);
}

void Plot::set_source(PlotSource* source) {
  if (source == source_) return;
  if (source_) disconnect(source_, nullptr, this, nullptr);
  source_ = source;
  if (source_) connect(source_, &PlotSource::plotChanged, this, &Plot::take_data);
  data_ = {};
  take_data();
  repaint();
  emit sourceChanged();
}

void Plot::set_text_color(const QColor& color) {
  look_.mark = color;
  set_look(&PlotLook::text, color);
}

/// Out of sight nothing is asked for: what changed meanwhile is taken when the plot is seen again.
void Plot::take_data() {
  if (!isVisible()) return;
  const PlotData data = source_ ? source_->plot() : PlotData();
  if (data == data_) return;
  const QRectF before = area();
  data_ = data;
  if (area() != before) emit areaChanged();
  if (reading_) point_at(cursor_);
  repaint();
}

void Plot::paint(QPainter& painter, const QSizeF& size) {
  paint_plot(painter, size, data_, look_);
}

void Plot::itemChange(ItemChange change, const ItemChangeData& value) {
  if (change == ItemVisibleHasChanged && value.boolValue) take_data();
  ImageItem::itemChange(change, value);
}

void Plot::geometryChange(const QRectF& now, const QRectF& before) {
  ImageItem::geometryChange(now, before);
  if (now.size() != before.size()) emit areaChanged();
}

QRectF Plot::area() const {
  return plot_area(data_, look_, QSizeF(width(), height()));
}

double Plot::cursor_x() const {
  return PlotFrame(data_, area()).x(cursor_);
}

void Plot::point_at(double value) {
  cursor_ = std::clamp(value, std::min(data_.x_min, data_.x_max), std::max(data_.x_min, data_.x_max));
  readout_ = source_ ? source_->describe(cursor_) : QString();
  const PlotFrame frame(data_, area());
  for (const PlotMark& mark : data_.marks) {
    if (std::abs(frame.x(mark.x) - frame.x(cursor_)) > 0.5) continue;
    readout_ = readout_.isEmpty() ? mark.text : mark.text + u'\n' + readout_;
  }
  reading_ = !readout_.isEmpty();
  emit cursorChanged();
}

void Plot::stop_reading() {
  if (!reading_) return;
  reading_ = false;
  emit cursorChanged();
}

void Plot::step(int by) {
  const QVector<double> all = positions(data_);
  if (all.isEmpty()) return;
  point_at(reading_ ? next_of(all, cursor_, by) : all.back());
}

void Plot::step_marks(int by) {
  QVector<double> all;
  for (const PlotMark& mark : data_.marks) all << mark.x;
  if (all.isEmpty()) return;
  point_at(reading_ ? next_of(all, cursor_, by) : all.back());
}

void Plot::keyPressEvent(QKeyEvent* event) {
  switch (event->key()) {
    case Qt::Key_Left: return step(-1);
    case Qt::Key_Right: return step(1);
    case Qt::Key_Up: return step_marks(-1);
    case Qt::Key_Down: return step_marks(1);
    case Qt::Key_Home: return point_at(data_.x_min);
    case Qt::Key_End: return point_at(data_.x_max);
    default: event->ignore();
  }
}

void Plot::focusOutEvent(QFocusEvent* event) {
  ImageItem::focusOutEvent(event);
  stop_reading();
}

void Plot::hoverMoveEvent(QHoverEvent* event) {
  const PlotFrame frame(data_, area());
  double value = frame.value_at(event->position().x());
  for (const PlotMark& mark : data_.marks) {
    if (std::abs(frame.x(mark.x) - event->position().x()) <= catching_distance) value = mark.x;
  }
  point_at(value);
}

void Plot::hoverLeaveEvent(QHoverEvent*) {
  stop_reading();
}

}  // namespace etna::gui
