#pragma once

#include <QString>
#include <memory>
#include <vector>

namespace etna::gui {

/// How much space stands around a part of a formula (TeX's classes of atoms).
enum class AtomClass { ordinary, operation, binary, relation, opening, closing, punctuation, inner };

/// A part of a formula.
struct FormulaNode {
  enum class Kind {
    row,        ///< children beside each other
    symbol,     ///< text
    scripts,    ///< base, then above and below (either may be null)
    fraction,   ///< above, below
    root,       ///< what is below the root, its degree or null
    delimited,  ///< text and other_text around the one child
    table,      ///< children row by row
    accent,     ///< text above the one child
    line,       ///< text tells which: over, under, box, cancel
    space,      ///< `size` in parts of the font's size
    stretched   ///< one delimiter, text, of height `size`
  };

  enum class Face { italic, upright, bold, mono, sans, text };

  Kind kind = Kind::row;
  AtomClass atom = AtomClass::ordinary;
  Face face = Face::italic;
  QString text;
  QString other_text;
  double size = 1;
  bool limits = false;       ///< scripts stand above and below, in display
  bool big = false;          ///< grows in display
  bool no_line = false;      ///< a fraction without its line
  bool small = false;        ///< set smaller, as in a line of text
  int columns = 0;           ///< of a table
  QString alignments;        ///< l, c and r of a table's columns; the last one goes on
  bool tight_pairs = false;  ///< columns belong together two by two, as in aligned equations
  std::vector<std::unique_ptr<FormulaNode>> children;
};

using FormulaNodePointer = std::unique_ptr<FormulaNode>;

}  // namespace etna::gui
