#pragma once

#include <QFlags>
#include <QString>
#include <QVector>

namespace etna::gui {

/// How a stretch of text is set.
enum class TextStyle : unsigned { bold = 1, italic = 2, strike = 4, code = 8 };
Q_DECLARE_FLAGS(TextStyles, TextStyle)
Q_DECLARE_OPERATORS_FOR_FLAGS(TextStyles)

struct TextSpan {
  int start = 0;
  int length = 0;
  TextStyles styles = {};
  QString link = {};     ///< http, https or mailto; empty: none
  QString formula = {};  ///< source with its delimiters; the text has one U+FFFC for it
  bool display = false;  ///< a formula on a line of its own
  bool image = false;    ///< the link is a picture's address, the text what stands for it

  friend bool operator==(const TextSpan&, const TextSpan&) = default;
};

/// Text of one paragraph. Spans are sorted and do not overlap; text outside of them is plain.
struct RichText {
  QString text;
  QVector<TextSpan> spans;

  friend bool operator==(const RichText&, const RichText&) = default;
};

enum class CellAlignment { natural, left, centre, right };

/// One piece of a message that is laid out by itself. Nesting is flat: depth in quotes and lists are numbers.
struct MessageBlock {
  enum class Kind {
    paragraph,
    heading,
    list_item,
    code,
    table,
    rule,
    formula,
    image,
    own,         ///< a person's words
    attachment,  ///< a file of the message
    thinking,    ///< the line that folds the thoughts
    thought,     ///< a paragraph of them
    tool_call,
    footer,  ///< how it went and what to do with it
    divider  ///< a line below the message, with words about what is above
  };

  Kind kind = Kind::paragraph;
  RichText content;  ///< of code its text, of a formula its source, of a tool call its arguments
  QString title;     ///< language of code, name of a tool or file, words of a divider
  QString detail;    ///< result of a tool call, size of a file
  QString marker;    ///< of a list item: "•", "3.", "☐", "☑"; empty for its further paragraphs
  int level = 0;     ///< heading 1 to 6; depth in lists from 1, of any kind that stands in one
  int quote_depth = 0;
  bool continues = false;      ///< no space above: the block before was cut
  bool quote_goes_on = false;  ///< the block before stands in the same quote
  int columns = 0;             ///< of a table
  QVector<CellAlignment> alignments;
  QVector<RichText> cells;  ///< of a table, row by row, header first

  friend bool operator==(const MessageBlock&, const MessageBlock&) = default;
};

/// What a person can select and search in a block. Cells of a table end with a tab, its rows with a line break.
QString block_text(const MessageBlock& block);

/// The same as it is read aloud: with the source of its formulas.
QString spoken_text(const MessageBlock& block);

/// `from` to `to` of block_text() without marks; formulas as their source.
QString plain_text(const MessageBlock& block, int from, int to);

/// `from` to `to` of block_text() as Markdown; of a code block that is selected whole with its fences.
QString block_markdown(const MessageBlock& block, int from, int to);

}  // namespace etna::gui
