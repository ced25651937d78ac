#pragma once

#include <compare>

#include "gui/transcript/layout/paint_context.h"
#include "gui/transcript/transcript_body.h"

namespace etna::gui {

/// A place between two letters of a chat.
struct TextPlace {
  int row = -1;
  int block = 0;
  int position = 0;

  bool valid() const { return row >= 0; }

  friend auto operator<=>(const TextPlace&, const TextPlace&) = default;
};

/// What is selected: from where it began to where the pointer or the keys moved its end.
class TextSelection {
public:
  enum class Unit { letter, word, block };

  bool empty() const { return !begin_.valid() || from() == to(); }

  TextPlace from() const { return std::min(begin_, end_); }

  TextPlace to() const { return std::max(begin_, end_); }

  TextPlace end() const { return end_; }

  void clear() { begin_ = end_ = {}; }

  /// Begins at a place, with the whole word or block around it.
  void start(TranscriptBody& body, const TextPlace& place, Unit unit);

  /// Moves its end; what was selected at first stays selected.
  void extend(TranscriptBody& body, const TextPlace& place);

  /// Everything from one place to another.
  void set(const TextPlace& begin, const TextPlace& end);

  /// One letter, word or line end further, in reading order.
  void move_end(TranscriptBody& body, int by, Unit unit);

  void select_all(TranscriptBody& body);

  /// The part of it that lies in a block.
  TextRange within(int row, int block, int size) const;

  void rows_moved(int first, int number);

private:
  TextPlace begin_, end_;
  TextPlace first_begin_, first_end_;  ///< of what was selected at first
  Unit unit_ = Unit::letter;
};

/// What a selection copies.
QString selected_text(TranscriptBody& body, const TextSelection& selection, bool markdown);

/// A reply without its marks.
QString plain_text_of(const QString& markdown);

}  // namespace etna::gui
