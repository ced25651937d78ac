#pragma once

#include <QString>
#include <QStringList>
#include <QVector>

namespace etna::gui {

/// One piece of a reply that the screen lays out by itself.
struct Block {
  enum class Kind { paragraph, heading, list_item, code, table, rule };

  Kind kind = Kind::paragraph;
  QString text;         ///< rich text; of code with its spaces kept, lines ended by <br>
  QString plain;        ///< the same without any marks, for screen readers and tests
  QString language;     ///< of code, as written behind the fence
  QString marker;       ///< of a list item: "•", "3.", "☐", "☑"; empty for its further paragraphs
  int level = 0;        ///< heading 1 to 6; list item: depth from 1
  int quote_depth = 0;  ///< how many quotes it stands in
  int columns = 0;      ///< of a table
  QStringList cells;    ///< of a table, row by row, header first, rich text

  friend bool operator==(const Block&, const Block&) = default;
};

/// Splits Markdown (GitHub's flavour, no raw HTML) into blocks. The text may be any bytes a model writes: it becomes
/// text, never markup of ours; links survive only with http, https and mailto; images become links, nothing is fetched.
QVector<Block> markdown_blocks(const QString& markdown);

}  // namespace etna::gui
