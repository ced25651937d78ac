#pragma once

#include "gui/transcript/layout/block_layout.h"
#include "gui/transcript/layout/text_box.h"

namespace etna::gui {

/// How far a block stands in from its lists and quotes, and the bars of the quotes.
class Insets {
public:
  Insets(const MessageBlock& block, const TranscriptTheme& theme, bool right_to_left);

  double text() const { return inset_; }

  /// `height` with the space above, where the quote goes on.
  void paint_bars(QPainter& painter, double width, double height) const;

private:
  const MessageBlock& block_;
  QColor border_;
  bool right_to_left_;
  double inset_;
  double above_;
};

/// Running text: paragraphs, headings, items of lists, thoughts.
class ParagraphLayout : public BlockLayout {
public:
  ParagraphLayout(const MessageBlock& block, const TranscriptTheme& theme);

  double layout(double width) override;
  void paint(const PaintContext& context) const override;
  int position_at(const QPointF& point) const override;
  QRectF cursor_rect(int position) const override;
  const TextSpan* span_at(const QPointF& point) const override;

private:
  QPointF origin() const { return {box_.right_to_left() ? 0 : insets_.text(), 0}; }

  MessageBlock block_;
  TextBox box_;
  Insets insets_;
  std::unique_ptr<TextBox> marker_;
  QColor accent_;
  double width_ = 0;
};

}  // namespace etna::gui
