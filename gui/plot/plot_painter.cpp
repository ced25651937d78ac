#include "gui/plot/plot_painter.h"

#include <QFontMetricsF>
#include <QPainterPath>
#include <algorithm>
#include <cmath>

#include "gui/plot/pattern.h"

namespace etna::gui {
namespace {

constexpr double gap = 6;        // between a label and its axis
constexpr double mark_size = 4;  // half of the sign on top of a mark
constexpr double dot_radius = 2.5;

double share(double value, double from, double to) {
  if (!std::isfinite(value) || !(from < to)) return 0;
  return std::clamp((value - from) / (to - from), 0.0, 1.0);
}

QColor color_of(const PlotLook& look, int index) {
  return look.colors.isEmpty() ? look.text : look.colors.at(index % look.colors.size());
}

void paint_axes(QPainter& painter, const PlotFrame& frame, const PlotData& data, const PlotLook& look) {
  const QFontMetricsF metrics(look.font);
  const QRectF& area = frame.area();
  painter.setFont(look.font);
  for (const PlotTick& tick : data.y_ticks) {
    const double y = std::round(frame.y(tick.value)) + 0.5;
    painter.setPen(QPen(look.grid, 1));
    painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
    painter.setPen(look.text);
    painter.drawText(QRectF(0, y - metrics.height() / 2, area.left() - gap, metrics.height()),
                     Qt::AlignRight | Qt::AlignVCenter, tick.text);
  }
  for (const PlotTick& tick : data.x_ticks) {
    const double width = metrics.horizontalAdvance(tick.text);
    // The labels at the ends stay inside.
    const double left = std::clamp(frame.x(tick.value) - width / 2, 0.0, std::max(0.0, area.right() - width));
    painter.setPen(look.text);
    painter.drawText(QPointF(left, area.bottom() + gap + metrics.ascent()), tick.text);
  }
}

/// Areas stand on one another. Each is drawn between the heights before and after it.
void paint_areas(QPainter& painter, const PlotFrame& frame, const PlotData& data, const PlotLook& look) {
  QVector<double> below;
  for (const PlotSeries& series : data.series) {
    if (series.style != PlotSeries::Style::area || series.points.isEmpty()) continue;
    below.resize(series.points.size());
    QPolygonF outline;
    for (qsizetype i = 0; i < series.points.size(); ++i) {
      const double y = series.points[i].y();
      const double above = below[i] + (std::isfinite(y) ? std::max(0.0, y) : 0.0);
      outline << QPointF(frame.x(series.points[i].x()), frame.y(above));
    }
    QPolygonF shape = outline;
    for (qsizetype i = series.points.size() - 1; i >= 0; --i) {
      shape << QPointF(frame.x(series.points[i].x()), frame.y(below[i]));
      const double y = series.points[i].y();
      below[i] += std::isfinite(y) ? std::max(0.0, y) : 0.0;
    }
    const QColor color = color_of(look, series.color);
    QColor weave = look.ground;
    weave.setAlphaF(0.55F);
    painter.setPen(Qt::NoPen);
    painter.setBrush(pattern_brush(color, weave, series.pattern, painter.device()->devicePixelRatioF()));
    painter.drawPolygon(shape);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(color, 1));
    painter.drawPolyline(outline);
  }
}

void paint_line(QPainter& painter, const PlotFrame& frame, const PlotSeries& series, const QColor& color) {
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(color, series.width, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
  QPolygonF piece;
  const auto draw = [&] {
    if (piece.size() > 1) painter.drawPolyline(piece);
    if (piece.size() == 1) painter.drawPoint(piece.front());
    piece.clear();
  };
  for (const QPointF& point : series.points) {
    if (!std::isfinite(point.y())) {
      draw();
    } else {
      piece << QPointF(frame.x(point.x()), frame.y(point.y()));
    }
  }
  draw();
}

void paint_dots(QPainter& painter, const PlotFrame& frame, const PlotSeries& series, const QColor& color) {
  painter.setPen(Qt::NoPen);
  painter.setBrush(color);
  for (const QPointF& point : series.points) {
    if (std::isfinite(point.y()))
      painter.drawEllipse(QPointF(frame.x(point.x()), frame.y(point.y())), dot_radius, dot_radius);
  }
}

void paint_lines(QPainter& painter, const PlotFrame& frame, const PlotData& data, const PlotLook& look) {
  for (const PlotSeries& series : data.series) {
    QColor color = color_of(look, series.color);
    color.setAlphaF(static_cast<float>(std::clamp(series.opacity, 0.0, 1.0)));
    if (series.style == PlotSeries::Style::line) paint_line(painter, frame, series, color);
    if (series.style == PlotSeries::Style::dots) paint_dots(painter, frame, series, color);
  }
}

void paint_levels(QPainter& painter, const PlotFrame& frame, const PlotData& data, const PlotLook& look) {
  const QFontMetricsF metrics(look.font);
  for (const PlotLevel& level : data.levels) {
    if (!(level.y >= data.y_min && level.y <= data.y_max)) continue;
    const double y = std::round(frame.y(level.y)) + 0.5;
    painter.setPen(QPen(look.text, 1, Qt::DashLine));
    painter.drawLine(QPointF(frame.area().left(), y), QPointF(frame.area().right(), y));
    const double width = metrics.horizontalAdvance(level.text);
    // Above the line where there is room, else below it.
    const bool above = y - metrics.height() > frame.area().top();
    painter.drawText(QPointF(frame.area().right() - width - gap, above ? y - gap / 2 : y + metrics.ascent() + gap / 2),
                     level.text);
  }
}

/// A thin line with a sign on top: a triangle, or a square for trouble, so that colour is not the only difference.
void paint_marks(QPainter& painter, const PlotFrame& frame, const PlotData& data, const PlotLook& look) {
  for (const PlotMark& mark : data.marks) {
    const double x = std::round(frame.x(mark.x)) + 0.5;
    const double top = frame.area().top() - 2 * mark_size;
    const QColor color = mark.bad ? look.trouble : look.mark;
    painter.setPen(QPen(color, 1));
    painter.drawLine(QPointF(x, top + mark_size), QPointF(x, frame.area().bottom()));
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    if (mark.bad) {
      painter.drawRect(QRectF(x - mark_size, top - mark_size, 2 * mark_size, 2 * mark_size));
    } else {
      painter.drawPolygon(QPolygonF({QPointF(x - mark_size, top - mark_size), QPointF(x + mark_size, top - mark_size),
                                     QPointF(x, top + mark_size)}));
    }
  }
}

}  // namespace

PlotFrame::PlotFrame(const PlotData& data, const QRectF& area)
    : x_min_(data.x_min),
      x_max_(data.x_max),
      y_min_(data.log_y ? std::log(data.y_min) : data.y_min),
      y_max_(data.log_y ? std::log(data.y_max) : data.y_max),
      log_y_(data.log_y),
      area_(area) {}

double PlotFrame::x(double value) const {
  return area_.left() + area_.width() * share(value, x_min_, x_max_);
}

double PlotFrame::y(double value) const {
  const double place = !log_y_ ? value : value > 0 ? std::log(value) : y_min_;
  return area_.bottom() - area_.height() * share(place, y_min_, y_max_);
}

double PlotFrame::value_at(double x) const {
  return x_min_ + (x_max_ - x_min_) * share(x, area_.left(), area_.right());
}

QRectF plot_area(const PlotData& data, const PlotLook& look, const QSizeF& size) {
  const QFontMetricsF metrics(look.font);
  double widest = 0;
  for (const PlotTick& tick : data.y_ticks) widest = std::max(widest, metrics.horizontalAdvance(tick.text));
  const double left = widest > 0 ? widest + gap : 0;
  const double bottom = data.x_ticks.isEmpty() ? metrics.height() / 2 : metrics.height() + gap;
  const double top = std::max(metrics.height() / 2, 4 * mark_size);
  return {left, top, std::max(0.0, size.width() - left - mark_size), std::max(0.0, size.height() - top - bottom)};
}

void paint_plot(QPainter& painter, const QSizeF& size, const PlotData& data, const PlotLook& look) {
  const QRectF area = plot_area(data, look, size);
  if (area.width() < 1 || area.height() < 1) return;
  const PlotFrame frame(data, area);
  paint_axes(painter, frame, data, look);
  paint_areas(painter, frame, data, look);
  paint_lines(painter, frame, data, look);
  paint_levels(painter, frame, data, look);
  paint_marks(painter, frame, data, look);
}

}  // namespace etna::gui
