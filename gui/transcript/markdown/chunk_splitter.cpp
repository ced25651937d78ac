#include "gui/transcript/markdown/chunk_splitter.h"

#include <algorithm>
#include <utility>

#include "gui/transcript/markdown/line_rules.h"

namespace etna::gui {
namespace {

// A line longer than this is cut, and a paragraph of many lines, too: what is open is parsed again with each piece.
constexpr qsizetype longest_line = 8 * 1024;
constexpr qsizetype longest_chunk = 16 * 1024;

/// Where a line is cut that is too long: behind a space near its end, else wherever no character is torn.
qsizetype cut_place(QStringView line) {
  for (qsizetype i = longest_line; i > longest_line * 3 / 4; --i) {
    if (line[i - 1] == u' ') return i;
  }
  return line[longest_line - 1].isHighSurrogate() ? longest_line - 1 : longest_line;
}

QString without_indent(const QString& line, int columns) {
  int i = 0;
  while (i < columns && i < line.size() && line[i] == u' ') ++i;
  return line.mid(i);
}

/// A line that ends a paragraph by beginning something else.
bool interrupts_paragraph(const QString& line) {
  char16_t mark = 0;
  if (fence_length(line, mark) > 0 || is_heading(line) || is_rule(line) || is_quote(line)) return true;
  if (!open_math(line).isEmpty()) return true;
  const ListMarker marker = list_marker(line);
  return marker.is_marker && !marker.empty && (marker.number < 0 || marker.number == 1);
}

}  // namespace

void ChunkSplitter::append(const QString& text) {
  qsizetype at = 0;
  while (at < text.size()) {
    const qsizetype end = text.indexOf(u'\n', at);
    const qsizetype length = (end < 0 ? text.size() : end + 1) - at;
    partial_ += QStringView(text).mid(at, length);
    at += length;
    while (partial_.size() > longest_line && state_.kind != Kind::fence) {
      const qsizetype place = cut_place(partial_);
      add_line(state_, partial_.left(place), cut_, closed_);
      partial_.remove(0, place);
      cut_ = true;
    }
    if (end < 0) break;
    add_line(state_, partial_, cut_, closed_);
    partial_.clear();
    cut_ = false;
  }
}

QVector<Chunk> ChunkSplitter::take_closed() {
  return std::exchange(closed_, {});
}

QVector<Chunk> ChunkSplitter::open() const {
  QVector<Chunk> chunks;
  State state = state_;
  // An unfinished line that could still become the end of code is no line of it.
  const bool may_close = state.kind == Kind::fence && partial_.size() <= state.fence_length + 3 &&
                         !partial_.trimmed().isEmpty() &&
                         partial_.trimmed().count(QChar(state.fence)) == partial_.trimmed().size();
  if (!partial_.isEmpty() && !may_close) add_line(state, partial_, cut_, chunks);
  close(state, chunks);
  return chunks;
}

void ChunkSplitter::add_line(State& state, const QString& line, bool cut, QVector<Chunk>& closed) {
  switch (state.kind) {
    case Kind::none: return begin(state, line, cut, closed);
    case Kind::fence: return add_to_fence(state, line, closed);
    case Kind::math: return add_to_math(state, line, closed);
    case Kind::item: return add_to_item(state, line, closed);
    default: return add_to_text(state, line, cut, closed);
  }
}

void ChunkSplitter::begin(State& state, const QString& line, bool cut, QVector<Chunk>& closed) {
  if (is_blank(line)) return;
  const int list_number = state.next_number;
  const char16_t list_mark = state.marker;
  state = State{};
  state.chunk.source = line;
  state.lines = 1;
  if (cut) {
    state.kind = Kind::text;
    state.chunk.continues = true;
    return;
  }
  if (const int length = fence_length(line, state.fence)) {
    state.kind = Kind::fence;
    state.fence_length = length;
    state.fence_indent = line_indent(line);
    state.chunk.kind = Chunk::Kind::code;
    state.chunk.language = line.trimmed().mid(length).trimmed().section(u' ', 0, 0).left(40);
    state.chunk.source.clear();
    return;
  }
  if (is_heading(line) || is_rule(line)) {
    state.kind = Kind::text;
    return close(state, closed);
  }
  state.math_end = open_math(line);
  if (!state.math_end.isEmpty()) {
    state.kind = Kind::math;
  } else if (is_quote(line)) {
    state.kind = Kind::quote;
  } else if (const ListMarker marker = list_marker(line); marker.is_marker) {
    state.kind = Kind::item;
    state.content_column = marker.content_column;
    state.marker = marker.marker;
    if (marker.number >= 0)
      state.chunk.number = list_mark == marker.marker && list_number >= 0 ? list_number : marker.number;
  } else {
    state.kind = line_indent(line) >= 4 ? Kind::indented : Kind::text;
  }
}

void ChunkSplitter::close(State& state, QVector<Chunk>& closed) {
  if (state.kind != Kind::none) closed << std::move(state.chunk);
  state = State{};
}

void ChunkSplitter::add_to_fence(State& state, const QString& line, QVector<Chunk>& closed) {
  char16_t mark = 0;
  const QStringView trimmed = QStringView(line).trimmed();
  const bool ends = fence_length(line, mark) >= state.fence_length && mark == state.fence &&
                    trimmed.count(QChar(mark)) == trimmed.size();
  if (ends) return close(state, closed);
  state.chunk.source += without_indent(line, state.fence_indent);
}

void ChunkSplitter::add_to_math(State& state, const QString& line, QVector<Chunk>& closed) {
  if (is_blank(line)) return close(state, closed);
  state.chunk.source += line;
  if (line.contains(state.math_end)) return close(state, closed);
  limit(state, closed);
}

void ChunkSplitter::add_to_item(State& state, const QString& line, QVector<Chunk>& closed) {
  if (is_blank(line)) {
    state.blank_before = true;
    state.chunk.source += line;
    return;
  }
  const ListMarker marker = list_marker(line);
  const bool inside = line_indent(line) >= state.content_column;
  const bool lazy = !inside && !state.blank_before && !marker.is_marker && !interrupts_paragraph(line);
  if (inside || lazy) {
    state.chunk.source += line;
    state.blank_before = false;
    return limit(state, closed);
  }
  // The next item of the same list counts on.
  const int next = state.chunk.number >= 0 ? state.chunk.number + 1 : -1;
  const char16_t mark = state.marker;
  close(state, closed);
  state.next_number = next;
  state.marker = mark;
  begin(state, line, false, closed);
}

void ChunkSplitter::add_to_text(State& state, const QString& line, bool cut, QVector<Chunk>& closed) {
  const bool indented = state.kind == Kind::indented;
  if (is_blank(line)) {
    if (!indented) return close(state, closed);
    state.blank_before = true;
    state.chunk.source += line;
    return;
  }
  bool goes_on = cut;
  if (indented) {
    goes_on = line_indent(line) >= 4;
  } else if (!cut && state.kind == Kind::quote) {
    goes_on = is_quote(line) || !interrupts_paragraph(line);
  } else if (!cut) {
    if (is_setext_underline(line) && !state.table) {
      state.chunk.source += line;
      return close(state, closed);
    }
    if (state.lines == 1) state.table = is_table_delimiter(line);
    goes_on = !interrupts_paragraph(line);
  }
  if (!goes_on) {
    close(state, closed);
    return begin(state, line, cut, closed);
  }
  state.chunk.source += line;
  ++state.lines;
  state.blank_before = false;
  limit(state, closed);
}

/// What grew too long goes on as another chunk of text.
void ChunkSplitter::limit(State& state, QVector<Chunk>& closed) {
  if (state.chunk.source.size() < longest_chunk) return;
  const Kind kind = state.kind;
  const int column = state.content_column;
  QString header;
  if (state.table) {
    // The rest of a table keeps its head: without it, it would be none.
    const qsizetype first = state.chunk.source.indexOf(u'\n');
    const qsizetype second = state.chunk.source.indexOf(u'\n', first + 1);
    header = state.chunk.source.left(second + 1);
    if (header.size() > longest_chunk / 4) header.clear();
  }
  close(state, closed);
  if (kind == Kind::item) {
    state.kind = Kind::item;
    state.content_column = column;
    state.chunk.continues = true;
    return;
  }
  if (header.isEmpty()) return;
  state.kind = Kind::text;
  state.table = true;
  state.lines = 2;
  state.chunk.continues = true;
  state.chunk.source = header;
}

QVector<Chunk> split_chunks(const QString& markdown) {
  ChunkSplitter splitter;
  splitter.append(markdown);
  return splitter.take_closed() + splitter.open();
}

}  // namespace etna::gui
