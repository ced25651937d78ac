#pragma once

#include <QTextLayout>
#include <vector>

#include "gui/transcript/code/highlighter.h"
#include "gui/transcript/layout/block_layout.h"
#include "gui/transcript/layout/paragraph_layout.h"
#include "gui/transcript/layout/text_box.h"

namespace etna::gui {

/// Code in a card: a head for its language and buttons, its lines, and below long code the button that unfolds it. Only
/// lines that are painted cost time; growing code costs its new lines.
class CodeLayout : public BlockLayout {
public:
  CodeLayout(const MessageBlock& block, const BlockState& state, const TranscriptTheme& theme);

  double layout(double width) override;
  void paint(const PaintContext& context) const override;
  int position_at(const QPointF& point) const override;
  QRectF cursor_rect(int position) const override;
  double scroll_range() const override;

  void scroll_to(double scroll) override { state_.scroll = scroll; }

  bool extend(const MessageBlock& block) override;

  int lines() const override { return static_cast<int>(line_starts_.size()); }

  bool folds() const override { return static_cast<int>(rows_.size()) > folded_lines && !state_.growing; }

private:
  /// A line, or a part of a long one.
  struct Row {
    int start;
    int length;
    int line;
  };

  void cut_rows(std::size_t first_line);
  int columns_per_row() const;
  void highlight_until(int line) const;
  int shown_rows() const;
  int row_of(int position) const;
  QVector<QTextLayout::FormatRange> colours(const Row& row) const;
  void lay_out(QTextLayout& layout, const Row& row, const QVector<QTextLayout::FormatRange>& colours = {}) const;
  void paint_row(const PaintContext& context, const Row& row, const QPointF& place) const;
  void paint_card(const PaintContext& context) const;
  void paint_scroll_bar(QPainter& painter) const;
  QRectF text_area() const;

  MessageBlock block_;
  BlockState state_;
  TextFace face_;
  Insets insets_;
  const CodeLanguage* language_;
  QColor ground_, border_, selection_, found_, found_now_, scroll_colour_;
  QColor colours_[5];
  double head_, foot_, column_;
  std::vector<int> line_starts_{0};
  std::vector<Row> rows_;
  int widest_ = 0;                      ///< columns of the widest row
  mutable std::vector<int> states_{0};  ///< in which each line begins; made when lines are painted
  double width_ = 0;
  double height_ = 0;
};

}  // namespace etna::gui
