#include "gui/transcript/layout/paragraph_layout.h"

#include <algorithm>

namespace etna::gui {
namespace {

using Kind = MessageBlock::Kind;

TextFace face_of(const MessageBlock& block, const TranscriptTheme& theme) {
  TextFace face = block.kind == Kind::thought ? body_face(theme) : reading_face(theme);
  if (block.kind == Kind::thought || block.quote_depth > 0) face.color = theme.text2;
  if (block.kind == Kind::heading) {
    face.font.setPixelSize(theme.scaled(block.level == 1 ? 20 : block.level == 2 ? 17 : 15));
    face.font.setWeight(QFont::DemiBold);
    face.line = theme.scaled(block.level <= 2 ? 28 : 24);
  }
  return face;
}

}  // namespace

Insets::Insets(const MessageBlock& block, const TranscriptTheme& theme, bool right_to_left)
    : block_(block),
      border_(theme.border),
      right_to_left_(right_to_left),
      inset_(block.quote_depth * length::l),
      above_(block.quote_goes_on ? gap_above(block, false, theme) : 0) {
  if (block.level > 0 && block.kind != Kind::heading) inset_ += block.level * theme.scaled(length::xl) + length::xs;
  if (block.kind == Kind::thought) inset_ += length::l;
}

void Insets::paint_bars(QPainter& painter, double width, double height) const {
  if (block_.kind == Kind::thought)
    painter.fillRect(QRectF(right_to_left_ ? width - 2 : 0, -above_, 2, height + above_), border_);
  for (int i = 0; i < block_.quote_depth; ++i) {
    const double x = i * length::l;
    painter.fillRect(QRectF(right_to_left_ ? width - x - 3 : x, -above_, 3, height + above_), border_);
  }
}

ParagraphLayout::ParagraphLayout(const MessageBlock& block, const TranscriptTheme& theme)
    : block_(block),
      box_(block.content, face_of(block, theme), theme),
      insets_(block_, theme, box_.right_to_left()),
      accent_(theme.accent) {
  if (block.marker.isEmpty()) return;
  TextFace face = reading_face(theme);
  face.color = theme.text2;
  marker_ = std::make_unique<TextBox>(
      // In text from right to left the dot stands at the left of the number.
      RichText{box_.right_to_left() ? QChar(0x200F) + block.marker : block.marker, {}}, face, theme);
  marker_->natural_width();
}

double ParagraphLayout::layout(double width) {
  width_ = width;
  box_.layout(width - insets_.text());
  return box_.height();
}

void ParagraphLayout::paint(const PaintContext& context) const {
  insets_.paint_bars(context.painter, width_, box_.height());
  box_.paint(context, origin());
  if (marker_) {
    const double gap = length::s;
    const double x =
        box_.right_to_left() ? width_ - insets_.text() + gap : insets_.text() - gap - marker_->used_width();
    const QRectF first = box_.cursor_rect(0);
    const QRectF mark = marker_->cursor_rect(0);
    PaintContext plain{.painter = context.painter, .top = context.top, .bottom = context.bottom};
    marker_->paint(plain, QPointF(x, first.bottom() - mark.bottom()));
  }
  if (context.caret) box_.paint_caret(context.painter, origin(), accent_);
}

int ParagraphLayout::position_at(const QPointF& point) const {
  return box_.position_at(point - origin());
}

QRectF ParagraphLayout::cursor_rect(int position) const {
  return box_.cursor_rect(position).translated(origin());
}

const TextSpan* ParagraphLayout::span_at(const QPointF& point) const {
  return box_.span_at(point - origin());
}

}  // namespace etna::gui
