#include "gui/plot/stacked_bar.h"

#include <QPainterPath>
#include <algorithm>
#include <cmath>

#include "gui/plot/pattern.h"

namespace etna::gui {
namespace {

constexpr double corner = 4;

QColor woven(QColor ground) {
  ground.setAlphaF(0.55F);
  return ground;
}

}  // namespace

void StackedBar::set_segments(SegmentList* segments) {
  if (segments == segments_) return;
  if (segments_) disconnect(segments_, nullptr, this, nullptr);
  segments_ = segments;
  if (segments_) connect(segments_, &SegmentList::changed, this, &StackedBar::compare);
  repaint();
  emit segmentsChanged();
}

void StackedBar::set_colors(const QList<QColor>& colors) {
  if (colors == colors_) return;
  colors_ = colors;
  repaint();
  emit lookChanged();
}

void StackedBar::set_ground_color(const QColor& color) {
  if (color == ground_) return;
  ground_ = color;
  repaint();
  emit lookChanged();
}

void StackedBar::set_tick_color(const QColor& color) {
  if (color == tick_color_) return;
  tick_color_ = color;
  repaint();
  emit lookChanged();
}

void StackedBar::set_tick(double tick) {
  const double sane = std::isfinite(tick) ? std::min(tick, 1.0) : -1;
  if (sane == tick_) return;
  tick_ = sane;
  compare();
  emit tickChanged();
}

void StackedBar::set_overhang(int pixels) {
  if (pixels == overhang_) return;
  overhang_ = pixels;
  repaint();
  emit lookChanged();
}

/// Everything that the picture depends on, in whole pixels.
QVector<int> StackedBar::pixels() const {
  QVector<int> all = {tick_ < 0 ? -1 : static_cast<int>(std::lround(tick_ * width()))};
  if (!segments_) return all;
  for (const double end : segments_->ends()) all << static_cast<int>(std::lround(end * width()));
  for (const Segment& segment : segments_->segments()) all << segment.color << static_cast<int>(segment.pattern);
  return all;
}

void StackedBar::compare() {
  if (!isVisible() || pixels() != drawn_) repaint();
}

void StackedBar::itemChange(ItemChange change, const ItemChangeData& value) {
  if (change == ItemVisibleHasChanged && value.boolValue) compare();
  ImageItem::itemChange(change, value);
}

void StackedBar::paint(QPainter& painter, const QSizeF& size) {
  drawn_ = pixels();
  const QRectF bar(0, overhang_, size.width(), std::max(0.0, size.height() - 2 * overhang_));
  QPainterPath outline;
  outline.addRoundedRect(bar, corner, corner);
  painter.fillPath(outline, ground_);
  if (segments_ && !colors_.isEmpty()) {
    painter.save();
    painter.setClipPath(outline);
    const QVector<double> ends = segments_->ends();
    double left = 0;
    for (qsizetype i = 0; i < ends.size(); ++i) {
      const Segment& segment = segments_->segments().at(i);
      const double right = std::round(ends[i] * size.width());
      // A pixel of the ground between the parts; a part that is there can be seen.
      const QRectF part(left, bar.top(), std::max(1.0, right - left - 1), bar.height());
      painter.fillRect(part, pattern_brush(colors_.at(segment.color % colors_.size()), woven(ground_), segment.pattern,
                                           painter.device()->devicePixelRatioF()));
      left = right;
    }
    painter.restore();
  }
  if (tick_ >= 0) {
    const double x = std::clamp(std::round(tick_ * size.width()), 1.0, std::max(1.0, size.width() - 1));
    painter.fillRect(QRectF(x - 1, 0, 2, size.height()), tick_color_);
  }
}

void PatternSwatch::set_color(const QColor& color) {
  if (color == color_) return;
  color_ = color;
  repaint();
  emit changed();
}

void PatternSwatch::set_ground_color(const QColor& color) {
  if (color == ground_) return;
  ground_ = color;
  repaint();
  emit changed();
}

void PatternSwatch::set_pattern(int pattern) {
  const auto wanted = static_cast<Pattern>(std::clamp(pattern, 0, 2));
  if (wanted == pattern_) return;
  pattern_ = wanted;
  repaint();
  emit changed();
}

void PatternSwatch::paint(QPainter& painter, const QSizeF& size) {
  QPainterPath outline;
  outline.addRoundedRect(QRectF(QPointF(), size), 3, 3);
  painter.fillPath(outline, pattern_brush(color_, woven(ground_), pattern_, painter.device()->devicePixelRatioF()));
}

}  // namespace etna::gui
