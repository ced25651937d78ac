#pragma once

#include <QString>
#include <QVector>

namespace etna::gui {

/// A stretch of Markdown that means the same whatever comes before and after it.
struct Chunk {
  enum class Kind { text, code };

  Kind kind = Kind::text;
  QString source;          ///< of code what stands between the fences
  QString language;        ///< of code
  bool continues = false;  ///< a part of something that was too long for one chunk
  int number = -1;         ///< of an item of a numbered list: the one it has by its place

  friend bool operator==(const Chunk&, const Chunk&) = default;
};

/// Cuts growing Markdown into chunks: paragraphs, items of lists, code, quotes, tables, formulas. What is closed never
/// changes again, so a reply costs time in proportion to its length, however it arrives. Where a cut is made depends on
/// the text alone, not on the pieces it came in.
class ChunkSplitter {
public:
  void append(const QString& text);

  /// The chunks that were closed since the last call.
  QVector<Chunk> take_closed();

  /// What is there of the chunks that are still open: none, one or two.
  QVector<Chunk> open() const;

  /// The open chunk is code: it grows by lines only.
  bool in_code() const { return state_.kind == Kind::fence; }

private:
  enum class Kind { none, text, indented, quote, item, fence, math };

  struct State {
    Kind kind = Kind::none;
    Chunk chunk;
    bool blank_before = false;  ///< an empty line since, within an item or indented code
    bool table = false;         ///< the second line was a table's
    int lines = 0;
    int content_column = 0;  ///< of an item
    char16_t marker = 0;     ///< of an item: - + * . )
    int next_number = -1;    ///< of a numbered list
    char16_t fence = 0;
    int fence_length = 0;
    int fence_indent = 0;
    QString math_end;
  };

  static void add_line(State& state, const QString& line, bool cut, QVector<Chunk>& closed);
  static void begin(State& state, const QString& line, bool cut, QVector<Chunk>& closed);
  static void close(State& state, QVector<Chunk>& closed);
  static void add_to_fence(State& state, const QString& line, QVector<Chunk>& closed);
  static void add_to_math(State& state, const QString& line, QVector<Chunk>& closed);
  static void add_to_item(State& state, const QString& line, QVector<Chunk>& closed);
  static void add_to_text(State& state, const QString& line, bool cut, QVector<Chunk>& closed);
  static void limit(State& state, QVector<Chunk>& closed);

  State state_;
  QString partial_;   ///< the line that has not ended
  bool cut_ = false;  ///< it is the rest of one that was too long
  QVector<Chunk> closed_;
};

/// All chunks of a text.
QVector<Chunk> split_chunks(const QString& markdown);

}  // namespace etna::gui
