#include "gui/transcript/layout/divider_layout.h"

#include <algorithm>

namespace etna::gui {
namespace {

constexpr double line_height = 2;

TextFace face_of(const TranscriptTheme& theme) {
  TextFace face = body_face(theme);
  face.color = theme.text2;
  return face;
}

}  // namespace

DividerLayout::DividerLayout(const MessageBlock& block, const TranscriptTheme& theme)
    : box_({block.title, {}}, face_of(theme), theme), color_(theme.control_border) {}

double DividerLayout::layout(double width) {
  width_ = width;
  box_.layout(width);
  return line_height + length::s + box_.height() + length::m;
}

void DividerLayout::paint(const PaintContext& context) const {
  context.painter.fillRect(QRectF(0, 0, width_, line_height), color_);
  const double left = std::max(0.0, (width_ - box_.used_width()) / 2);
  box_.paint(context, QPointF(left, line_height + length::s));
}

}  // namespace etna::gui
