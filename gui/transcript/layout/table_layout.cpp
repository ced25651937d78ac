#include "gui/transcript/layout/table_layout.h"

#include <algorithm>

namespace etna::gui {

TableLayout::TableLayout(const MessageBlock& block, const BlockState& state, const TranscriptTheme& theme)
    : block_(block),
      insets_(block_, theme, false),
      ground_(theme.window),
      border_(theme.border),
      scroll_colour_(theme.control_border),
      widest_cell_(theme.scaled(260)),
      scroll_(state.scroll) {
  widths_.resize(static_cast<std::size_t>(columns()));
  int first = 0;
  for (int i = 0; i < block_.cells.size(); ++i) {
    TextFace face = body_face(theme);
    if (i < columns()) face.font.setWeight(QFont::DemiBold);
    face.alignment = block_.alignments.value(i % columns(), CellAlignment::natural);
    boxes_.push_back(std::make_unique<TextBox>(block_.cells[i], face, theme));
    firsts_.push_back(first);
    first += boxes_.back()->size() + 1;
    right_to_left_ = right_to_left_ || (i < columns() && boxes_.back()->right_to_left());
    double& width = widths_[static_cast<std::size_t>(i % columns())];
    width = std::max(width, std::min(boxes_.back()->natural_width() + 1, widest_cell_));
  }
}

double TableLayout::layout(double width) {
  width_ = width;
  x_.assign(1, 0);
  for (const double column : widths_) x_.push_back(x_.back() + column + 2 * length::m);
  y_.assign(1, 0);
  for (int row = 0; row < rows(); ++row) {
    double height = 0;
    for (int column = 0; column < columns(); ++column) {
      TextBox& box = *boxes_[static_cast<std::size_t>(row * columns() + column)];
      box.layout(widths_[static_cast<std::size_t>(column)]);
      height = std::max(height, box.height());
    }
    y_.push_back(y_.back() + height + 2 * length::s);
  }
  scroll_ = std::min(scroll_, scroll_range());
  bar_ = scroll_range() > 0 ? length::m : 0;
  return y_.back() + bar_;
}

double TableLayout::scroll_range() const {
  return std::max(0.0, x_.back() - (width_ - insets_.text()));
}

double TableLayout::left() const {
  if (right_to_left_) return std::max(insets_.text(), width_ - x_.back()) - scroll_range() + scroll_;
  return insets_.text() - scroll_;
}

QPointF TableLayout::origin(int cell) const {
  const auto column = static_cast<std::size_t>(cell % columns());
  const double x = right_to_left_ ? x_.back() - x_[column + 1] : x_[column];
  return {left() + x + length::m, y_[static_cast<std::size_t>(cell / columns())] + length::s};
}

void TableLayout::paint(const PaintContext& context) const {
  QPainter& painter = context.painter;
  insets_.paint_bars(painter, width_, y_.back() + bar_);
  painter.save();
  painter.setClipRect(QRectF(insets_.text(), 0, width_ - insets_.text(), y_.back()), Qt::IntersectClip);
  for (int row = 0; row < rows(); ++row) {
    const double top = y_[static_cast<std::size_t>(row)], bottom = y_[static_cast<std::size_t>(row) + 1];
    if (bottom < context.top || top > context.bottom) continue;
    if (row == 0) painter.fillRect(QRectF(left(), top, x_.back(), bottom - top), ground_);
    painter.fillRect(QRectF(left(), bottom - 1, x_.back(), 1), border_);
    for (int cell = row * columns(); cell < (row + 1) * columns(); ++cell)
      boxes_[static_cast<std::size_t>(cell)]->paint(context, origin(cell), firsts_[static_cast<std::size_t>(cell)]);
  }
  painter.restore();
  if (bar_ == 0) return;
  const double room = width_ - insets_.text();
  const double length = std::max(24.0, room * room / x_.back());
  const double place = (room - length) * scroll_ / scroll_range();
  painter.setPen(Qt::NoPen);
  painter.setBrush(scroll_colour_);
  painter.drawRoundedRect(
      QRectF(right_to_left_ ? width_ - place - length : insets_.text() + place, y_.back() + 4, length, 4), 2, 2);
}

int TableLayout::cell_at(const QPointF& point) const {
  const auto row = std::upper_bound(y_.begin() + 1, y_.end() - 1, point.y()) - y_.begin() - 1;
  double x = point.x() - left();
  if (right_to_left_) x = x_.back() - x;
  const auto column = std::upper_bound(x_.begin() + 1, x_.end() - 1, x) - x_.begin() - 1;
  return static_cast<int>(row) * columns() + static_cast<int>(column);
}

int TableLayout::position_at(const QPointF& point) const {
  const int cell = cell_at(point);
  return firsts_[static_cast<std::size_t>(cell)] +
         boxes_[static_cast<std::size_t>(cell)]->position_at(point - origin(cell));
}

QRectF TableLayout::cursor_rect(int position) const {
  const auto after = std::ranges::upper_bound(firsts_, position);
  const int cell = std::max(0, static_cast<int>(after - firsts_.begin()) - 1);
  const int inside = position - firsts_[static_cast<std::size_t>(cell)];
  return boxes_[static_cast<std::size_t>(cell)]->cursor_rect(inside).translated(origin(cell));
}

const TextSpan* TableLayout::span_at(const QPointF& point) const {
  if (point.y() < 0 || point.y() > y_.back()) return nullptr;
  const int cell = cell_at(point);
  return boxes_[static_cast<std::size_t>(cell)]->span_at(point - origin(cell));
}

}  // namespace etna::gui
