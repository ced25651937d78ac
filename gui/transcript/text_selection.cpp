#include "gui/transcript/text_selection.h"

#include <QTextBoundaryFinder>
#include <algorithm>

#include "gui/transcript/markdown/markdown_stream.h"

namespace etna::gui {
namespace {

using Kind = MessageBlock::Kind;

int size_of(TranscriptBody& body, int row, int block) {
  return static_cast<int>(block_text(body.cell(row).entry(block).block).size());
}

std::pair<int, int> word_around(const QString& text, int position) {
  QTextBoundaryFinder finder(QTextBoundaryFinder::Word, text);
  finder.setPosition(std::min<qsizetype>(position + 1, text.size()));
  const qsizetype from = std::max<qsizetype>(0, finder.toPreviousBoundary());
  finder.setPosition(from);
  const qsizetype to = finder.toNextBoundary();
  return {static_cast<int>(from), static_cast<int>(to < 0 ? text.size() : to)};
}

/// The unit around a place, as its two ends.
std::pair<TextPlace, TextPlace> around(TranscriptBody& body, const TextPlace& place, TextSelection::Unit unit) {
  if (unit == TextSelection::Unit::letter) return {place, place};
  const QString text = block_text(body.cell(place.row).entry(place.block).block);
  TextPlace from = place, to = place;
  std::tie(from.position, to.position) = unit == TextSelection::Unit::word
                                             ? word_around(text, place.position)
                                             : std::pair(0, static_cast<int>(text.size()));
  return {from, to};
}

/// The same place, or the nearest that there is.
bool step_block(TranscriptBody& body, TextPlace& place, int by) {
  int row = place.row, block = place.block + by;
  for (;;) {
    if (block < 0) {
      if (--row < 0) return false;
      block = body.cell(row).size() - 1;
    } else if (block >= body.cell(row).size()) {
      if (++row >= body.count()) return false;
      block = 0;
    }
    const int size = size_of(body, row, block);
    if (size > 0) {
      place = {row, block, by < 0 ? size : 0};
      return true;
    }
    block += by;
  }
}

QString separator(const MessageBlock& before, const MessageBlock& after, bool same_message) {
  if (after.continues) return {};
  const bool list = before.level > 0 && after.level > 0 && before.kind != Kind::heading && after.kind != Kind::heading;
  return same_message && list ? QStringLiteral("\n") : QStringLiteral("\n\n");
}

}  // namespace

void TextSelection::start(TranscriptBody& body, const TextPlace& place, Unit unit) {
  unit_ = unit;
  std::tie(begin_, end_) = around(body, place, unit);
  first_begin_ = begin_;
  first_end_ = end_;
}

void TextSelection::extend(TranscriptBody& body, const TextPlace& place) {
  if (!begin_.valid()) return start(body, place, Unit::letter);
  const auto [from, to] = around(body, place, unit_);
  if (place < first_begin_) {
    begin_ = first_end_;
    end_ = from;
  } else {
    begin_ = first_begin_;
    end_ = std::max(to, first_end_);
  }
}

void TextSelection::set(const TextPlace& begin, const TextPlace& end) {
  begin_ = first_begin_ = first_end_ = begin;
  end_ = end;
  unit_ = Unit::letter;
}

void TextSelection::move_end(TranscriptBody& body, int by, Unit unit) {
  if (!end_.valid() || end_.row >= body.count()) return;
  const QString text = block_text(body.cell(end_.row).entry(end_.block).block);
  QTextBoundaryFinder finder(unit == Unit::word ? QTextBoundaryFinder::Word : QTextBoundaryFinder::Grapheme, text);
  finder.setPosition(end_.position);
  const qsizetype next = by < 0 ? finder.toPreviousBoundary() : finder.toNextBoundary();
  if (next >= 0 && unit != Unit::block) {
    end_.position = static_cast<int>(next);
  } else {
    step_block(body, end_, by);
  }
  unit_ = Unit::letter;
}

void TextSelection::select_all(TranscriptBody& body) {
  if (body.count() == 0) return;
  const int row = body.count() - 1;
  const int block = body.cell(row).size() - 1;
  set({0, 0, 0}, {row, block, size_of(body, row, block)});
}

TextRange TextSelection::within(int row, int block, int size) const {
  if (empty()) return {};
  const TextPlace begin = from(), last = to();
  const TextPlace first_here{row, block, 0}, last_here{row, block, size};
  if (last_here < begin || last < first_here) return {};
  return {begin > first_here ? begin.position : 0, last < last_here ? last.position : size};
}

void TextSelection::rows_moved(int first, int number) {
  if (!begin_.valid()) return;
  if (to().row < first) return;
  if (number < 0 || from().row < first) return clear();
  for (TextPlace* place : {&begin_, &end_, &first_begin_, &first_end_}) place->row += number;
}

QString selected_text(TranscriptBody& body, const TextSelection& selection, bool markdown) {
  QString result;
  if (selection.empty()) return result;
  MessageBlock before;
  int row_before = -1;
  for (int row = selection.from().row; row <= std::min(selection.to().row, body.count() - 1); ++row) {
    const QVector<MessageBlock> blocks = body.blocks_at(row);
    for (int i = 0; i < blocks.size(); ++i) {
      const MessageBlock& block = blocks[i];
      const int size = static_cast<int>(block_text(block).size());
      const TextRange range = selection.within(row, i, size);
      const bool inside = TextPlace{row, i, 0} >= selection.from() && TextPlace{row, i, 0} <= selection.to();
      const bool rule = block.kind == Kind::rule && inside;
      if (range.empty() && !rule) continue;
      QString piece = markdown ? block_markdown(block, range.from, range.to) : plain_text(block, range.from, range.to);
      if (!markdown && range.from == 0 && !block.marker.isEmpty()) piece.prepend(block.marker + u' ');
      if (rule && !markdown) continue;
      if (row_before >= 0) result += separator(before, block, row_before == row);
      result += piece;
      before = block;
      row_before = row;
    }
  }
  return result;
}

QString plain_text_of(const QString& markdown) {
  QString result;
  MessageBlock before;
  for (const MessageBlock& block : parse_markdown(markdown)) {
    const int size = static_cast<int>(block_text(block).size());
    if (size == 0) continue;
    if (!result.isEmpty()) result += separator(before, block, true);
    if (!block.marker.isEmpty()) result += block.marker + u' ';
    result += plain_text(block, 0, size);
    before = block;
  }
  return result;
}

}  // namespace etna::gui
