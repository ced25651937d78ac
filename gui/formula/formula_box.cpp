#include "gui/formula/formula_box.h"

#include <algorithm>
#include <iterator>

namespace etna::gui {

void FormulaBox::put(FormulaBox other, const QPointF& place) {
  for (Glyphs& each : other.glyphs) each.place += place;
  for (Shape& each : other.shapes) each.path.translate(place);
  std::move(other.glyphs.begin(), other.glyphs.end(), std::back_inserter(glyphs));
  std::move(other.shapes.begin(), other.shapes.end(), std::back_inserter(shapes));
}

void FormulaBox::append(FormulaBox other) {
  ascent = std::max(ascent, other.ascent);
  descent = std::max(descent, other.descent);
  const double wide = other.width;
  put(std::move(other), QPointF(width, 0));
  width += wide;
}

void FormulaBox::add_rule(const QRectF& rect) {
  Shape shape;
  shape.path.addRect(rect);
  shapes.push_back(std::move(shape));
}

}  // namespace etna::gui
