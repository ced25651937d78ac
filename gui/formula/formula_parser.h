#pragma once

#include <QString>

#include "gui/formula/formula_node.h"

namespace etna::gui {

/// Reads LaTeX's mathematics. Null for what it does not know, and for what nests or grows beyond reason: a formula is
/// shown whole or as its source, never in part.
FormulaNodePointer parse_formula(const QString& source);

}  // namespace etna::gui
