#pragma once

#include "gui/formula/formula.h"
#include "gui/formula/formula_box.h"
#include "gui/formula/formula_node.h"

namespace etna::gui {

/// Lays formulas out by TeX's rules, as far as an ordinary font allows: it has no table of mathematical constants, so
/// they follow from its size.
class FormulaSetter {
public:
  explicit FormulaSetter(const FormulaStyle& style) : style_(style) {}

  FormulaBox set(const FormulaNode& node) { return set(node, {style_.size, style_.display}); }

private:
  /// How a part is set.
  struct Level {
    double size;
    bool display;   ///< else as in a line of text
    int depth = 0;  ///< scripts of scripts

    Level script() const { return {std::max(size * 0.72, 6.0), false, depth + 1}; }

    Level text() const { return {size, false, depth}; }
  };

  FormulaBox set(const FormulaNode& node, const Level& level);
  FormulaBox set_row(const FormulaNode& node, const Level& level);
  FormulaBox set_symbol(const FormulaNode& node, const Level& level);
  FormulaBox set_scripts(const FormulaNode& node, const Level& level);
  FormulaBox set_limits(const FormulaNode& node, const Level& level);
  FormulaBox set_fraction(const FormulaNode& node, const Level& level);
  FormulaBox set_root(const FormulaNode& node, const Level& level);
  FormulaBox set_delimited(const FormulaNode& node, const Level& level);
  FormulaBox set_table(const FormulaNode& node, const Level& level);
  FormulaBox set_accent(const FormulaNode& node, const Level& level);
  FormulaBox set_line(const FormulaNode& node, const Level& level);
  /// A delimiter as high as asked for, around the axis.
  FormulaBox set_delimiter(const QString& text, double height, const Level& level);
  FormulaBox glyphs(const QString& text, const QFont& font) const;
  QFont font(FormulaNode::Face face, double size) const;

  double axis(const Level& level) const { return level.size * 0.27; }

  double rule(const Level& level) const { return std::max(1.0, level.size / 16); }

  FormulaStyle style_;
};

}  // namespace etna::gui
