#pragma once

#include <QString>

#include "gui/formula/formula_node.h"

namespace etna::gui {

struct FormulaSymbol {
  QString text;
  AtomClass atom = AtomClass::ordinary;
  bool limits = false;  ///< its scripts stand above and below, in display
  bool big = false;     ///< grows in display
  bool upright = true;
};

/// A command that is one symbol or the name of a function ("alpha", "sum", "sin"), without its backslash; null: none.
const FormulaSymbol* formula_symbol(const QString& command);

/// The class of a letter as it is typed.
AtomClass class_of(QChar letter);

/// Commands for accents ("hat", "vec"): what stands above; empty: none.
QString accent_mark(const QString& command);

/// A letter of \mathbb.
QString double_struck(QChar letter);

}  // namespace etna::gui
