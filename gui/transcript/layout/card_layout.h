#pragma once

#include <QPixmap>

#include "gui/transcript/layout/block_layout.h"
#include "gui/transcript/layout/paragraph_layout.h"
#include "gui/transcript/layout/text_box.h"

namespace etna::gui {

/// A call of a tool, with what is given to it and what came back.
class ToolCallLayout : public BlockLayout {
public:
  ToolCallLayout(const MessageBlock& block, const TranscriptTheme& theme);

  double layout(double width) override;
  void paint(const PaintContext& context) const override;
  int position_at(const QPointF& point) const override;
  QRectF cursor_rect(int position) const override;

private:
  struct Part {
    Part(const QString& text, const TextFace& face, const TranscriptTheme& theme, int position)
        : box({text, {}}, face, theme), first(position) {}

    TextBox box;
    int first;  ///< position of its text in block_text()
    QPointF origin;
  };

  const Part& part_at(double y) const;

  TextBox label_;
  std::vector<std::unique_ptr<Part>> parts_;  ///< name, arguments, result
  QColor ground_, border_;
  double width_ = 0;
  double height_ = 0;
};

/// What a person wrote, as typed, in a tinted block at their side; or a file they added.
class BubbleLayout : public BlockLayout {
public:
  BubbleLayout(const MessageBlock& block, const TranscriptTheme& theme);

  double layout(double width) override;
  void paint(const PaintContext& context) const override;
  int position_at(const QPointF& point) const override;
  QRectF cursor_rect(int position) const override;
  const TextSpan* span_at(const QPointF& point) const override;

private:
  QPointF origin() const { return bubble_.topLeft() + QPointF(length::l, length::s + 2); }

  TextBox box_;
  bool whole_width_;  ///< one of several parts of a long text
  QColor ground_;
  QRectF bubble_;
};

/// A formula on lines of its own: in the middle, or to be scrolled sideways.
class FormulaLayout : public BlockLayout {
public:
  FormulaLayout(const MessageBlock& block, const BlockState& state, const TranscriptTheme& theme);

  double layout(double width) override;
  void paint(const PaintContext& context) const override;
  int position_at(const QPointF& point) const override;
  QRectF cursor_rect(int position) const override;
  double scroll_range() const override;

  void scroll_to(double scroll) override { scroll_ = scroll; }

private:
  double left() const;

  MessageBlock block_;
  Insets insets_;
  std::shared_ptr<const Formula> formula_;
  QColor color_, selection_, found_, scroll_colour_;
  double scroll_ = 0;
  double width_ = 0;
  double height_ = 0;
};

/// A line between two parts of a text.
class RuleLayout : public BlockLayout {
public:
  RuleLayout(const MessageBlock& block, const TranscriptTheme& theme);

  double layout(double width) override;
  void paint(const PaintContext& context) const override;

private:
  MessageBlock block_;
  Insets insets_;
  QColor color_;
  double width_ = 0;
};

/// Room for controls: they bring their own height.
class ControlLayout : public BlockLayout {
public:
  explicit ControlLayout(double height) : height_(height) {}

  double layout(double) override { return height_; }

  void paint(const PaintContext&) const override {}

private:
  double height_;
};

}  // namespace etna::gui
