#include "gui/transcript/layout/card_layout.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>

#include "gui/transcript/markdown/math_mask.h"

namespace etna::gui {
namespace {

TextFace label_face(const TranscriptTheme& theme) {
  TextFace face = body_face(theme);
  face.color = theme.text2;
  return face;
}

}  // namespace

ToolCallLayout::ToolCallLayout(const MessageBlock& block, const TranscriptTheme& theme)
    : label_({QCoreApplication::translate("Transcript", "Tool call"), {}}, label_face(theme), theme),
      ground_(theme.window),
      border_(theme.border) {
  TextFace name = code_face(theme);
  name.font.setWeight(QFont::DemiBold);
  TextFace result = code_face(theme);
  result.color = theme.text2;
  int first = 0;
  const auto add = [&](const QString& text, const TextFace& face) {
    parts_.push_back(std::make_unique<Part>(text, face, theme, first));
    first += static_cast<int>(text.size()) + 1;
  };
  add(block.title, name);
  add(block.content.text, code_face(theme));
  if (!block.detail.isEmpty()) add(block.detail, result);
}

double ToolCallLayout::layout(double width) {
  width_ = width;
  const double room = width - 2 * length::l;
  const double label = label_.natural_width() + length::s;
  double y = length::m;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    Part& part = *parts_[i];
    const double inset = i == 0 ? label : 0;
    part.origin = QPointF(length::l + inset, y);
    part.box.layout(room - inset);
    y += part.box.height() + length::xs;
  }
  height_ = y - length::xs + length::m;
  return height_;
}

void ToolCallLayout::paint(const PaintContext& context) const {
  context.painter.setPen(QPen(border_, 1));
  context.painter.setBrush(ground_);
  context.painter.drawRoundedRect(QRectF(0.5, 0.5, width_ - 1, height_ - 1), length::card, length::card);
  PaintContext plain{.painter = context.painter, .top = context.top, .bottom = context.bottom};
  label_.paint(plain, QPointF(length::l, length::m));
  for (const auto& part : parts_) part->box.paint(context, part->origin, part->first);
}

const ToolCallLayout::Part& ToolCallLayout::part_at(double y) const {
  std::size_t i = parts_.size() - 1;
  while (i > 0 && y < parts_[i]->origin.y()) --i;
  return *parts_[i];
}

int ToolCallLayout::position_at(const QPointF& point) const {
  const Part& part = part_at(point.y());
  return part.first + part.box.position_at(point - part.origin);
}

QRectF ToolCallLayout::cursor_rect(int position) const {
  std::size_t i = parts_.size() - 1;
  while (i > 0 && position < parts_[i]->first) --i;
  return parts_[i]->box.cursor_rect(position - parts_[i]->first).translated(parts_[i]->origin);
}

BubbleLayout::BubbleLayout(const MessageBlock& block, const TranscriptTheme& theme)
    : box_(block.content, reading_face(theme), theme), whole_width_(block.level > 0), ground_(theme.sunken) {}

double BubbleLayout::layout(double width) {
  const double room = std::floor(width * 0.85) - 2 * length::l;
  box_.layout(room);
  double text = std::ceil(box_.used_width());
  if (whole_width_) text = room;
  // The lines stand at the right place in a box of their own width only when they are laid out in it.
  if (text < room) box_.layout(text + 1);
  const double wide = text + 1 + 2 * length::l;
  bubble_ = QRectF(width - wide, 0, wide, box_.height() + 2 * length::s + length::xs);
  return bubble_.height();
}

void BubbleLayout::paint(const PaintContext& context) const {
  context.painter.setPen(Qt::NoPen);
  context.painter.setBrush(ground_);
  context.painter.drawRoundedRect(bubble_, length::card, length::card);
  box_.paint(context, origin());
}

int BubbleLayout::position_at(const QPointF& point) const {
  return box_.position_at(point - origin());
}

QRectF BubbleLayout::cursor_rect(int position) const {
  return box_.cursor_rect(position).translated(origin());
}

const TextSpan* BubbleLayout::span_at(const QPointF& point) const {
  return box_.span_at(point - origin());
}

FormulaLayout::FormulaLayout(const MessageBlock& block, const BlockState& state, const TranscriptTheme& theme)
    : block_(block),
      insets_(block_, theme, false),
      formula_(Formula::make(formula_body(block.content.text), {.family = theme.family,
                                                                .mono = theme.mono,
                                                                .size = static_cast<double>(theme.scaled(17)),
                                                                .display = true})),
      color_(block.quote_depth > 0 ? theme.text2 : theme.text),
      selection_(theme.selection),
      found_(theme.found),
      scroll_colour_(theme.control_border),
      scroll_(state.scroll) {}

double FormulaLayout::layout(double width) {
  width_ = width;
  scroll_ = std::min(scroll_, scroll_range());
  height_ = std::ceil(formula_->ascent() + formula_->descent()) + 2 * length::s + (scroll_range() > 0 ? length::s : 0);
  return height_;
}

double FormulaLayout::scroll_range() const {
  return std::max(0.0, std::ceil(formula_->width() - (width_ - insets_.text())));
}

double FormulaLayout::left() const {
  const double room = width_ - insets_.text();
  return insets_.text() + (scroll_range() > 0 ? -scroll_ : (room - formula_->width()) / 2);
}

void FormulaLayout::paint(const PaintContext& context) const {
  insets_.paint_bars(context.painter, width_, height_);
  context.painter.save();
  context.painter.setClipRect(QRectF(insets_.text(), 0, width_ - insets_.text(), height_), Qt::IntersectClip);
  const QRectF box(left() - 4, 2, formula_->width() + 8, formula_->ascent() + formula_->descent() + 2 * length::s - 4);
  if (!context.found.isEmpty()) context.painter.fillRect(box, found_);
  if (!context.selection.empty()) context.painter.fillRect(box, selection_);
  formula_->paint(context.painter, QPointF(left(), length::s + formula_->ascent()), color_);
  context.painter.restore();
  if (scroll_range() <= 0) return;
  const double room = width_ - insets_.text();
  const double length = std::max(24.0, room * room / formula_->width());
  context.painter.setPen(Qt::NoPen);
  context.painter.setBrush(scroll_colour_);
  context.painter.drawRoundedRect(
      QRectF(insets_.text() + (room - length) * scroll_ / scroll_range(), height_ - 6, length, 4), 2, 2);
}

int FormulaLayout::position_at(const QPointF& point) const {
  return point.x() > left() + formula_->width() / 2 ? static_cast<int>(block_.content.text.size()) : 0;
}

QRectF FormulaLayout::cursor_rect(int position) const {
  return {position > 0 ? left() + formula_->width() : left(), length::s, 1, height_ - 2 * length::s};
}

RuleLayout::RuleLayout(const MessageBlock& block, const TranscriptTheme& theme)
    : block_(block), insets_(block_, theme, false), color_(theme.border) {}

double RuleLayout::layout(double width) {
  width_ = width;
  return 2 * length::s + 1;
}

void RuleLayout::paint(const PaintContext& context) const {
  insets_.paint_bars(context.painter, width_, 2 * length::s + 1);
  context.painter.fillRect(QRectF(insets_.text(), length::s, width_ - insets_.text(), 1), color_);
}

}  // namespace etna::gui
