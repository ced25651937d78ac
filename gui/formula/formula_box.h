#pragma once

#include <QFont>
#include <QPainterPath>
#include <QString>
#include <vector>

namespace etna::gui {

/// A laid out part of a formula: what is drawn where, from its left end on the baseline.
struct FormulaBox {
  struct Glyphs {
    QPointF place;
    QString text;
    QFont font;
  };

  struct Shape {
    QPainterPath path;
    double pen = 0;  ///< 0: filled
  };

  double width = 0;
  double ascent = 0;
  double descent = 0;
  std::vector<Glyphs> glyphs;
  std::vector<Shape> shapes;

  double height() const { return ascent + descent; }

  /// Draws `other` at a place too; sizes stay as they are.
  void put(FormulaBox other, const QPointF& place);

  /// Puts `other` to the right, and grows by it.
  void append(FormulaBox other);

  void add_rule(const QRectF& rect);
};

}  // namespace etna::gui
