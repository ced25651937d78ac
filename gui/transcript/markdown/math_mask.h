#pragma once

#include <QString>
#include <QStringList>

namespace etna::gui {

/// Formulas in Markdown, taken out before it is parsed: to Markdown their backslashes, stars and underscores would mean
/// something. `text` has a mark in the place of each, which unmask() turns back into the source.
struct MaskedMath {
  QString text;
  QStringList sources;  ///< with their delimiters: $…$, $$…$$, \(…\) or \[…\]

  /// Any text that came out of `text`, with the formulas' sources in place of their marks.
  QString unmask(const QString& piece) const;
};

/// Begin and end of a mark. Noncharacters: no text has them, and those of a hostile one are replaced.
inline constexpr char16_t math_begin = 0xFDD0, math_end = 0xFDD1;

/// A single dollar is money unless it could be nothing else: no space inside of it, no digit behind the last one.
/// Nothing is looked for in code.
MaskedMath mask_math(const QString& markdown);

bool is_display_math(const QString& source);

/// The formula without its delimiters.
QString formula_body(const QString& source);

}  // namespace etna::gui
