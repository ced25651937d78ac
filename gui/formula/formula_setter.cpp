#include "gui/formula/formula_setter.h"

#include <QFontMetricsF>
#include <algorithm>
#include <cmath>

namespace etna::gui {
namespace {

using Kind = FormulaNode::Kind;
using Face = FormulaNode::Face;

/// Space between two atoms in parts of the size (TeXbook, chapter 18); in scripts only operators keep theirs.
double space_between(AtomClass left, AtomClass right, bool script) {
  using enum AtomClass;
  const auto is = [&](AtomClass a, AtomClass b) { return left == a && right == b; };
  if (is(operation, operation) || is(operation, ordinary) || is(ordinary, operation) || is(closing, operation) ||
      is(inner, operation) || is(operation, inner))
    return 3.0 / 18;
  if (script) return 0;
  if (left == binary || right == binary) return 4.0 / 18;
  if (left == relation || right == relation) return left == relation && right == relation ? 0 : 5.0 / 18;
  if (left == punctuation) return 3.0 / 18;
  if ((left == inner || right == inner) && left != opening && right != closing && right != punctuation) return 3.0 / 18;
  return 0;
}

/// A sign with nothing on its left is no operation between two things.
AtomClass class_in_row(AtomClass atom, const AtomClass* before) {
  using enum AtomClass;
  if (atom != binary) return atom;
  const bool alone = !before || *before == binary || *before == relation || *before == opening ||
                     *before == punctuation || *before == operation;
  return alone ? ordinary : atom;
}

/// The mark over a letter; its foot is at (0, 0).
QPainterPath accent_path(const QString& mark, double half, double unit) {
  QPainterPath path;
  const auto lines = [&](std::initializer_list<QPointF> points) {
    path.moveTo(*points.begin());
    for (const QPointF& point : points) path.lineTo(point);
  };
  if (mark == u"¯") {
    lines({{-half, 0}, {half, 0}});
  } else if (mark == u"→" || mark == u"←") {
    const double tip = mark == u"→" ? half : -half, back = mark == u"→" ? -unit : unit;
    lines({{-half, -unit}, {half, -unit}});
    lines({{tip + back, -2 * unit}, {tip, -unit}, {tip + back, 0}});
  } else if (mark == u"ˆ") {
    lines({{-half, 0}, {0, -1.4 * unit}, {half, 0}});
  } else if (mark == u"ˇ") {
    lines({{-half, -1.4 * unit}, {0, 0}, {half, -1.4 * unit}});
  } else if (mark == u"˜") {
    path.moveTo(-half, 0);
    path.cubicTo(-half / 2, -2 * unit, half / 2, unit, half, -unit);
  } else if (mark == u"˘") {
    path.moveTo(-half, -unit);
    path.quadTo(0, unit, half, -unit);
  } else if (mark == u"˙") {
    path.addEllipse(QPointF(0, -unit / 2), unit / 2, unit / 2);
  } else if (mark == u"¨") {
    path.addEllipse(QPointF(-unit, -unit / 2), unit / 2, unit / 2);
    path.addEllipse(QPointF(unit, -unit / 2), unit / 2, unit / 2);
  } else if (mark == u"˚") {
    path.addEllipse(QPointF(0, -unit), unit, unit);
  } else {
    const double lean = mark == u"´" ? unit : -unit;
    lines({{-lean / 2, 0}, {lean, -1.6 * unit}});
  }
  return path;
}

}  // namespace

QFont FormulaSetter::font(Face face, double size) const {
  QFont font(face == Face::mono ? style_.mono : style_.family);
  font.setPixelSize(std::max(1, qRound(size)));
  font.setItalic(face == Face::italic);
  font.setBold(face == Face::bold);
  return font;
}

FormulaBox FormulaSetter::glyphs(const QString& text, const QFont& font) const {
  const QFontMetricsF metrics(font);
  const QRectF ink = metrics.tightBoundingRect(text);
  FormulaBox box;
  box.width = std::max(metrics.horizontalAdvance(text), ink.right());
  box.ascent = std::max(0.0, -ink.top());
  box.descent = std::max(0.0, ink.bottom());
  box.glyphs.push_back({QPointF(0, 0), text, font});
  return box;
}

FormulaBox FormulaSetter::set(const FormulaNode& node, const Level& level) {
  switch (node.kind) {
    case Kind::row: return set_row(node, level);
    case Kind::symbol: return set_symbol(node, level);
    case Kind::scripts: {
      const bool stacked = node.limits && (level.display || node.big || node.children[0]->kind == Kind::line);
      return stacked ? set_limits(node, level) : set_scripts(node, level);
    }
    case Kind::fraction: return set_fraction(node, level);
    case Kind::root: return set_root(node, level);
    case Kind::delimited: return set_delimited(node, level);
    case Kind::table: return set_table(node, level);
    case Kind::accent: return set_accent(node, level);
    case Kind::line: return set_line(node, level);
    case Kind::stretched: return set_delimiter(node.text, std::max(1.0, node.size) * level.size, level);
    case Kind::space: {
      FormulaBox box;
      box.width = node.size * level.size;
      return box;
    }
  }
  return {};
}

FormulaBox FormulaSetter::set_row(const FormulaNode& node, const Level& level) {
  FormulaBox row;
  AtomClass before = AtomClass::ordinary;
  bool any = false;
  for (const auto& child : node.children) {
    if (child->kind == Kind::space) {
      row.width += child->size * level.size;
      continue;
    }
    const AtomClass atom = class_in_row(child->atom, any ? &before : nullptr);
    if (any) row.width += space_between(before, atom, level.depth > 0) * level.size;
    row.append(set(*child, level));
    before = atom;
    any = true;
  }
  return row;
}

FormulaBox FormulaSetter::set_symbol(const FormulaNode& node, const Level& level) {
  if (!node.big) return glyphs(node.text, font(node.face, level.size));
  FormulaBox box = glyphs(node.text, font(Face::upright, level.size * (level.display ? 1.7 : 1.25)));
  // Big operators stand around the axis.
  const double shift = (box.ascent - box.descent) / 2 - axis(level);
  box.glyphs[0].place.ry() += shift;
  box.ascent -= shift;
  box.descent += shift;
  return box;
}

FormulaBox FormulaSetter::set_scripts(const FormulaNode& node, const Level& level) {
  FormulaBox box = set(*node.children[0], level);
  const Level small = level.script();
  const double gap = level.size * 0.04;
  const double left = box.width + gap;
  double right = left, up = 0, down = 0;
  const bool tall = box.height() > level.size * 1.3;
  FormulaBox above, below;
  if (node.children[1]) {
    above = set(*node.children[1], small);
    up = std::max({level.size * 0.38, box.ascent - small.size * (tall ? 0.4 : 0.45), above.descent + level.size * 0.2});
  }
  if (node.children[2]) {
    below = set(*node.children[2], small);
    down = std::max(
        {level.size * 0.18, box.descent + small.size * (tall ? 0.25 : 0.12), below.ascent - level.size * 0.32});
  }
  if (node.children[1] && node.children[2]) {
    const double between = (up - above.descent) + (down - below.ascent);
    if (between < level.size * 0.15) down += level.size * 0.15 - between;
  }
  if (node.children[1]) {
    right = std::max(right, left + above.width);
    box.ascent = std::max(box.ascent, up + above.ascent);
    box.put(std::move(above), QPointF(left, -up));
  }
  if (node.children[2]) {
    right = std::max(right, left + below.width);
    box.descent = std::max(box.descent, down + below.descent);
    box.put(std::move(below), QPointF(left, down));
  }
  box.width = right + gap;
  return box;
}

FormulaBox FormulaSetter::set_limits(const FormulaNode& node, const Level& level) {
  FormulaBox base = set(*node.children[0], level);
  const Level small = level.script();
  const double gap = level.size * 0.16;
  FormulaBox above = node.children[1] ? set(*node.children[1], small) : FormulaBox();
  FormulaBox below = node.children[2] ? set(*node.children[2], small) : FormulaBox();
  FormulaBox box;
  box.width = std::max({base.width, above.width, below.width});
  box.ascent = base.ascent + (node.children[1] ? gap + above.height() : 0);
  box.descent = base.descent + (node.children[2] ? gap + below.height() : 0);
  const auto middle = [&](double width) { return (box.width - width) / 2; };
  if (node.children[1]) {
    const QPointF place(middle(above.width), -base.ascent - gap - above.descent);
    box.put(std::move(above), place);
  }
  if (node.children[2]) {
    const QPointF place(middle(below.width), base.descent + gap + below.ascent);
    box.put(std::move(below), place);
  }
  const double x = middle(base.width);
  box.put(std::move(base), QPointF(x, 0));
  return box;
}

FormulaBox FormulaSetter::set_fraction(const FormulaNode& node, const Level& level) {
  const bool big = level.display && !node.small;
  const Level inner = big ? level.text() : level.depth > 1 ? level.text() : level.script();
  FormulaBox above = set(*node.children[0], inner), below = set(*node.children[1], inner);
  const double line = node.no_line ? 0 : rule(level);
  const double gap = level.size * (big ? 0.2 : 0.12);
  const double centre = axis(level);
  const double padding = level.size * 0.1;
  FormulaBox box;
  box.width = std::max(above.width, below.width) + 4 * padding;
  const double up = centre + line / 2 + gap + above.descent;
  const double down = below.ascent + gap + line / 2 - centre;
  box.ascent = up + above.ascent;
  box.descent = down + below.descent;
  if (!node.no_line) box.add_rule(QRectF(padding, -centre - line / 2, box.width - 2 * padding, line));
  const double above_x = (box.width - above.width) / 2, below_x = (box.width - below.width) / 2;
  box.put(std::move(above), QPointF(above_x, -up));
  box.put(std::move(below), QPointF(below_x, down));
  return box;
}

FormulaBox FormulaSetter::set_root(const FormulaNode& node, const Level& level) {
  FormulaBox inside = set(*node.children[0], level);
  const double line = rule(level), gap = level.size * 0.14, size = level.size;
  const double ascent = std::max(inside.ascent, size * 0.6) + gap + line;
  const double descent = inside.descent + gap / 2;
  double left = 0;
  FormulaBox box;
  if (node.children[1]) {
    FormulaBox degree = set(*node.children[1], level.script().script());
    left = std::max(0.0, degree.width - size * 0.3);
    const double lift = descent < size * 0.3 ? size * 0.34 : ascent * 0.45;
    box.ascent = lift + degree.ascent;
    box.put(std::move(degree), QPointF(0, -lift));
  }
  const double hook = size * 0.6;
  QPainterPath path;
  path.moveTo(left + line / 2, -axis(level));
  path.lineTo(left + hook * 0.28, -axis(level) - size * 0.06);
  path.lineTo(left + hook * 0.58, descent - line / 2);
  path.lineTo(left + hook, -ascent + line / 2);
  path.lineTo(left + hook + inside.width + size * 0.1, -ascent + line / 2);
  box.shapes.push_back({path, line});
  box.width = left + hook + inside.width + size * 0.12;
  box.ascent = std::max(box.ascent, ascent);
  box.descent = descent;
  box.put(std::move(inside), QPointF(left + hook + size * 0.04, 0));
  return box;
}

FormulaBox FormulaSetter::set_delimiter(const QString& text, double height, const Level& level) {
  if (text.isEmpty()) {
    FormulaBox nothing;
    nothing.width = level.size * 0.12;
    return nothing;
  }
  const double centre = axis(level);
  const bool bar = text == u"|" || text == u"∣" || text == u"‖";
  FormulaBox box;
  if (bar) {
    const double line = rule(level);
    const int lines = text == u"‖" ? 2 : 1;
    box.width = level.size * 0.28 + (lines - 1) * level.size * 0.18;
    for (int i = 0; i < lines; ++i)
      box.add_rule(QRectF(level.size * 0.14 - line / 2 + i * level.size * 0.18, -centre - height / 2, line, height));
  } else {
    const FormulaBox plain = glyphs(text, font(Face::upright, level.size));
    if (height <= plain.height() * 1.15) {
      box = plain;
      const double shift = (plain.ascent - plain.descent) / 2 - centre;
      box.glyphs[0].place.ry() += shift;
      box.ascent -= shift;
      box.descent += shift;
      return box;
    }
    QPainterPath path;
    // Taken at a large size: outlines of small ones are hinted to pixels.
    QFont large = font(Face::upright, 100);
    large.setWeight(height > level.size * 2 ? QFont::Light : QFont::Normal);
    path.addText(0, 0, large, text);
    const QRectF ink = path.boundingRect();
    if (ink.isEmpty()) return plain;
    const double wide = level.size / 100 * std::min(1.5, std::sqrt(height / level.size));
    QTransform transform;
    transform.translate(level.size * 0.06, -centre - height / 2);
    transform.scale(wide, height / ink.height());
    transform.translate(-ink.left(), -ink.top());
    box.shapes.push_back({transform.map(path), 0});
    box.width = ink.width() * wide + level.size * 0.12;
  }
  box.ascent = height / 2 + centre;
  box.descent = height / 2 - centre;
  return box;
}

FormulaBox FormulaSetter::set_delimited(const FormulaNode& node, const Level& level) {
  // Bars in the middle are as high as the ends: first everything else is measured.
  FormulaBox inside = set(*node.children[0], level);
  const double centre = axis(level);
  const double height =
      std::max(level.size * 1.1, 2 * std::max(inside.ascent - centre, inside.descent + centre) + level.size * 0.1);
  bool bars = false;
  for (const auto& child : node.children[0]->children) {
    if (child->kind != Kind::stretched || child->size != 0) continue;
    child->size = height / level.size;
    bars = true;
  }
  if (bars) inside = set(*node.children[0], level);
  FormulaBox box = set_delimiter(node.text, height, level);
  box.append(std::move(inside));
  box.append(set_delimiter(node.other_text, height, level));
  return box;
}

FormulaBox FormulaSetter::set_table(const FormulaNode& node, const Level& level) {
  const int columns = std::max(1, node.columns);
  const int rows = static_cast<int>(node.children.size()) / columns;
  const Level inner = node.tight_pairs ? level : level.text();
  std::vector<FormulaBox> cells;
  std::vector<double> widths(static_cast<std::size_t>(columns));
  std::vector<double> ascents(static_cast<std::size_t>(rows), level.size * 0.75),
      descents(static_cast<std::size_t>(rows), level.size * 0.25);
  for (int i = 0; i < rows * columns; ++i) {
    cells.push_back(set(*node.children[static_cast<std::size_t>(i)], inner));
    const auto row = static_cast<std::size_t>(i / columns), column = static_cast<std::size_t>(i % columns);
    widths[column] = std::max(widths[column], cells.back().width);
    ascents[row] = std::max(ascents[row], cells.back().ascent);
    descents[row] = std::max(descents[row], cells.back().descent);
  }
  const double row_gap = level.size * (node.tight_pairs ? 0.5 : 0.35);
  double total = -row_gap;
  for (int row = 0; row < rows; ++row)
    total += ascents[static_cast<std::size_t>(row)] + descents[static_cast<std::size_t>(row)] + row_gap;
  FormulaBox box;
  box.ascent = total / 2 + axis(level);
  box.descent = total - box.ascent;
  double y = -box.ascent;
  for (int row = 0; row < rows; ++row) {
    y += ascents[static_cast<std::size_t>(row)];
    double x = 0;
    for (int column = 0; column < columns; ++column) {
      const double width = widths[static_cast<std::size_t>(column)];
      FormulaBox& cell = cells[static_cast<std::size_t>(row * columns + column)];
      const qsizetype which = node.tight_pairs ? column % 2 : std::min<qsizetype>(column, node.alignments.size() - 1);
      const QChar alignment = node.alignments.isEmpty() ? QChar(u'c') : node.alignments[which];
      const double free = width - cell.width;
      const double inset = alignment == u'r' ? free : alignment == u'l' ? 0 : free / 2;
      box.put(std::move(cell), QPointF(x + inset, y));
      const bool pair = node.tight_pairs && column % 2 == 0;
      x += width + (column + 1 < columns ? level.size * (pair ? 5.0 / 18 : 1) : 0);
    }
    box.width = x;
    y += descents[static_cast<std::size_t>(row)] + row_gap;
  }
  return box;
}

FormulaBox FormulaSetter::set_accent(const FormulaNode& node, const Level& level) {
  FormulaBox box = set(*node.children[0], level);
  const FormulaNode& base = *node.children[0];
  const double gap = level.size * 0.1, line = rule(level), unit = level.size * 0.13;
  // Slanted letters lean to the right.
  const bool slanted = base.kind == Kind::symbol && base.face == Face::italic;
  const double middle = box.width / 2 + (slanted ? level.size * 0.06 : 0), bottom = -box.ascent - gap;
  const bool wide = node.text == u"¯" || node.text == u"→" || node.text == u"←";
  const double half = wide ? std::max(level.size * 0.22, box.width / 2 - level.size * 0.03) : 1.6 * unit;
  QPainterPath path = accent_path(node.text, half, unit);
  path.translate(middle, bottom);
  const bool filled = node.text == u"˙" || node.text == u"¨";
  box.ascent += gap + path.boundingRect().height() + line;
  box.shapes.push_back({path, filled ? 0 : line});
  return box;
}

FormulaBox FormulaSetter::set_line(const FormulaNode& node, const Level& level) {
  FormulaBox box = set(*node.children[0], level);
  const double line = rule(level), gap = level.size * 0.14;
  if (node.text == u"over") {
    box.add_rule(QRectF(0, -box.ascent - gap - line, box.width, line));
    box.ascent += gap + 2 * line;
  } else if (node.text == u"under") {
    box.add_rule(QRectF(0, box.descent + gap, box.width, line));
    box.descent += gap + 2 * line;
  } else if (node.text == u"cancel") {
    QPainterPath path(QPointF(0, box.descent));
    path.lineTo(box.width, -box.ascent);
    box.shapes.push_back({path, line});
  } else if (node.text == u"box") {
    FormulaBox outer;
    const double padding = level.size * 0.3;
    outer.width = box.width + 2 * padding;
    outer.ascent = box.ascent + padding;
    outer.descent = box.descent + padding;
    QPainterPath path;
    path.addRect(QRectF(line / 2, -outer.ascent + line / 2, outer.width - line, outer.height() - line));
    outer.shapes.push_back({path, line});
    outer.put(std::move(box), QPointF(padding, 0));
    return outer;
  } else {
    const bool over = node.text == u"overbrace";
    const double brace = level.size * 0.3, y = over ? -box.ascent - gap : box.descent + gap, up = over ? -brace : brace;
    const double w = box.width;
    QPainterPath path(QPointF(0, y));
    path.quadTo(QPointF(0, y + up / 2), QPointF(std::min(w / 4, brace), y + up / 2));
    path.lineTo(w / 2 - std::min(w / 4, brace) / 2, y + up / 2);
    path.quadTo(QPointF(w / 2, y + up / 2), QPointF(w / 2, y + up));
    path.quadTo(QPointF(w / 2, y + up / 2), QPointF(w / 2 + std::min(w / 4, brace) / 2, y + up / 2));
    path.lineTo(w - std::min(w / 4, brace), y + up / 2);
    path.quadTo(QPointF(w, y + up / 2), QPointF(w, y));
    box.shapes.push_back({path, line});
    (over ? box.ascent : box.descent) += gap + brace + line;
  }
  return box;
}

}  // namespace etna::gui
