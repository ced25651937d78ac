#pragma once

#include <QTextLayout>
#include <memory>
#include <vector>

#include "gui/formula/formula.h"
#include "gui/transcript/block.h"
#include "gui/transcript/layout/paint_context.h"
#include "gui/transcript/transcript_theme.h"

namespace etna::gui {

/// How the text of a box is set.
struct TextFace {
  QFont font;
  double line = 24;  ///< least height of a line
  QColor color;
  QTextOption::WrapMode wrap = QTextOption::WrapAtWordBoundaryOrAnywhere;
  CellAlignment alignment = CellAlignment::natural;
};

TextFace reading_face(const TranscriptTheme& theme);
TextFace body_face(const TranscriptTheme& theme);  ///< cards, tables
TextFace code_face(const TranscriptTheme& theme);

/// Text in lines: styles, links, formulas, either direction.
class TextBox {
public:
  TextBox(const RichText& content, const TextFace& face, const TranscriptTheme& theme);

  void layout(double width);

  double height() const { return height_; }

  /// Of the widest line, after layout.
  double used_width() const { return used_width_; }

  /// Without any line broken.
  double natural_width();

  bool right_to_left() const { return right_to_left_; }

  /// Positions in `context` count from `first`, the box's first one.
  void paint(const PaintContext& context, const QPointF& origin, int first = 0) const;
  void paint_caret(QPainter& painter, const QPointF& origin, const QColor& color) const;

  int position_at(const QPointF& point) const;
  QRectF cursor_rect(int position) const;

  /// The span under a point; null: none.
  const TextSpan* span_at(const QPointF& point) const;

  int size() const { return static_cast<int>(content_.text.size()); }

private:
  struct Placed {
    int position;
    std::shared_ptr<const Formula> formula;
  };

  void place_line(QTextLine& line, double& y, double width);
  QVector<QTextLayout::FormatRange> formats(const TranscriptTheme& theme);
  void paint_formulas(const PaintContext& context, const QPointF& origin) const;

  RichText content_;
  TextFace face_;
  QColor selection_, found_, found_now_;
  std::vector<Placed> formulas_;
  QTextLayout layout_;
  bool right_to_left_ = false;
  double height_ = 0;
  double used_width_ = 0;
};

}  // namespace etna::gui
