#pragma once

#include <vector>

#include "gui/transcript/layout/block_layout.h"
#include "gui/transcript/layout/paragraph_layout.h"
#include "gui/transcript/layout/text_box.h"

namespace etna::gui {

/// A table. Columns are as wide as their text asks for, within reason; a wide table scrolls sideways by itself.
class TableLayout : public BlockLayout {
public:
  TableLayout(const MessageBlock& block, const BlockState& state, const TranscriptTheme& theme);

  double layout(double width) override;
  void paint(const PaintContext& context) const override;
  int position_at(const QPointF& point) const override;
  QRectF cursor_rect(int position) const override;
  const TextSpan* span_at(const QPointF& point) const override;
  double scroll_range() const override;

  void scroll_to(double scroll) override { scroll_ = scroll; }

private:
  int columns() const { return block_.columns; }

  int rows() const { return static_cast<int>(boxes_.size()) / columns(); }

  QPointF origin(int cell) const;
  int cell_at(const QPointF& point) const;
  double left() const;

  MessageBlock block_;
  Insets insets_;
  std::vector<std::unique_ptr<TextBox>> boxes_;
  std::vector<int> firsts_;             ///< position of each cell's text in block_text()
  std::vector<double> widths_, x_, y_;  ///< of columns without padding; left of columns; top of rows, and the end
  QColor ground_, border_, scroll_colour_;
  double widest_cell_;
  bool right_to_left_ = false;
  double scroll_ = 0;
  double width_ = 0;
  double bar_ = 0;
};

}  // namespace etna::gui
