#include "gui/plot/pattern.h"

#include <QImage>
#include <QPainter>

namespace etna::gui {
namespace {

constexpr int period = 6;  // pixels

void draw_dots(QPainter& painter, const QColor& gap) {
  painter.setPen(Qt::NoPen);
  painter.setBrush(gap);
  painter.drawEllipse(QPointF(period / 2.0, period / 2.0), 1.2, 1.2);
}

/// Three parallel lines: one tile's corners continue in its neighbours.
void draw_stripes(QPainter& painter, const QColor& gap) {
  painter.setPen(QPen(gap, 1.4));
  for (const int offset : {-period, 0, period}) painter.drawLine(offset, period, offset + period, 0);
}

}  // namespace

QBrush pattern_brush(const QColor& color, const QColor& gap, Pattern pattern, double device_pixel_ratio) {
  if (pattern == Pattern::solid) return color;
  const double scale = std::max(1.0, device_pixel_ratio);
  QImage tile(qRound(period * scale), qRound(period * scale), QImage::Format_ARGB32_Premultiplied);
  tile.fill(color);
  QPainter painter(&tile);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.scale(tile.width() / double{period}, tile.height() / double{period});
  if (pattern == Pattern::dots) {
    draw_dots(painter, gap);
  } else {
    draw_stripes(painter, gap);
  }
  painter.end();
  QBrush brush(tile);
  brush.setTransform(QTransform::fromScale(1 / scale, 1 / scale));
  return brush;
}

}  // namespace etna::gui
