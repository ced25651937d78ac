#include "gui/training/sparkline.h"

#include <QPainter>
#include <QPolygonF>
#include <algorithm>

namespace etna::gui {

void Sparkline::set_values(const QList<double>& values) {
  if (values == values_) return;
  values_ = values;
  emit changed();
  repaint();
}

void Sparkline::set_color(const QColor& color) {
  if (color == color_) return;
  color_ = color;
  emit changed();
  repaint();
}

void Sparkline::paint(QPainter& painter, const QSizeF& size) {
  if (values_.size() < 2) return;
  constexpr double inset = 1.5;
  const auto [least, most] = std::ranges::minmax(values_);
  const double range = most > least ? most - least : 1;
  QPolygonF line;
  for (qsizetype i = 0; i < values_.size(); ++i) {
    const double x =
        inset + (size.width() - 2 * inset) * static_cast<double>(i) / static_cast<double>(values_.size() - 1);
    line << QPointF(x, inset + (size.height() - 2 * inset) * (most - values_[i]) / range);
  }
  painter.setPen(QPen(color_, 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
  painter.drawPolyline(line);
}

}  // namespace etna::gui
