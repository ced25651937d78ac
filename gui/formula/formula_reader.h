#pragma once

#include <QString>

namespace etna::gui {

/// Goes through the letters of a formula's source.
class FormulaReader {
protected:
  explicit FormulaReader(const QString& source) : text_(source) {}

  /// Spaces and comments mean nothing between two signs.
  void skip_spaces();

  /// The next letter that is no space; null at the end.
  QChar peek();

  /// The command at this place, without its backslash; empty: there is none. Not consumed.
  QString peek_command();
  QString take_command();

  /// What stands between two braces, as it is.
  QString take_raw_group();

  const QString& text_;
  qsizetype at_ = 0;
  bool failed_ = false;
};

}  // namespace etna::gui
