#include "gui/transcript/text_finder.h"

#include <QElapsedTimer>

namespace etna::gui {
namespace {

constexpr int turn_ms = 6;
// More than this in one message are too many to step through.
constexpr std::size_t most_in_row = 2000;

}  // namespace

TextFinder::TextFinder(TranscriptBody& body, QObject* parent) : QObject(parent), body_(body) {
  turn_.setInterval(0);
  connect(&turn_, &QTimer::timeout, this, &TextFinder::search_some);
}

void TextFinder::find(const QString& query, int at) {
  query_ = query;
  matches_.assign(static_cast<std::size_t>(body_.count()), {});
  count_ = 0;
  row_ = index_ = -1;
  next_ = query.isEmpty() ? -1 : body_.count() - 1;
  if (next_ >= 0 && at >= 0 && at < body_.count()) {
    search_row(at);
    if (!matches_[static_cast<std::size_t>(at)].empty()) {
      row_ = at;
      index_ = 0;
      emit found_first();
    }
  }
  if (next_ >= 0) {
    search_some();
    if (next_ >= 0) turn_.start();
  } else {
    turn_.stop();
  }
  emit changed();
}

void TextFinder::search_some() {
  QElapsedTimer clock;
  clock.start();
  const bool none = row_ < 0;
  while (next_ >= 0 && clock.elapsed() < turn_ms) {
    search_row(next_);
    if (row_ < 0 && !matches_[static_cast<std::size_t>(next_)].empty()) {
      row_ = next_;
      index_ = static_cast<int>(matches_[static_cast<std::size_t>(next_)].size()) - 1;
    }
    --next_;
  }
  if (next_ < 0) turn_.stop();
  emit changed();
  if (none && row_ >= 0) emit found_first();
}

void TextFinder::search_row(int row) {
  auto& found = matches_[static_cast<std::size_t>(row)];
  count_ -= static_cast<int>(found.size());
  found.clear();
  const QVector<MessageBlock> blocks = body_.blocks_at(row);
  for (int i = 0; i < blocks.size(); ++i) {
    const QString text = block_text(blocks[i]);
    qsizetype at = text.indexOf(query_, 0, Qt::CaseInsensitive);
    while (at >= 0 && found.size() < most_in_row) {
      const int from = static_cast<int>(at);
      const double inside = static_cast<double>(from) / static_cast<double>(text.size());
      found.push_back(
          {row, i, {from, from + static_cast<int>(query_.size())}, (i + inside) / static_cast<double>(blocks.size())});
      at = text.indexOf(query_, at + query_.size(), Qt::CaseInsensitive);
    }
  }
  count_ += static_cast<int>(found.size());
}

int TextFinder::current() const {
  if (row_ < 0) return -1;
  int before = 0;
  for (int row = 0; row < row_; ++row) before += static_cast<int>(matches_[static_cast<std::size_t>(row)].size());
  return before + index_;
}

const TextFinder::Match* TextFinder::current_match() const {
  if (row_ < 0 || row_ >= static_cast<int>(matches_.size())) return nullptr;
  const auto& found = matches_[static_cast<std::size_t>(row_)];
  return index_ >= 0 && index_ < static_cast<int>(found.size()) ? &found[static_cast<std::size_t>(index_)] : nullptr;
}

void TextFinder::step(int by) {
  if (count_ == 0 || row_ < 0) return;
  index_ += by;
  const int rows = static_cast<int>(matches_.size());
  while (index_ < 0 || index_ >= static_cast<int>(matches_[static_cast<std::size_t>(row_)].size())) {
    row_ = (row_ + (by < 0 ? -1 : 1) + rows) % rows;
    index_ = by < 0 ? static_cast<int>(matches_[static_cast<std::size_t>(row_)].size()) - 1 : 0;
    if (by < 0 && index_ < 0) continue;
  }
  emit changed();
}

QVector<TextRange> TextFinder::within(int row, int block, int& now) const {
  QVector<TextRange> ranges;
  now = -1;
  if (row >= static_cast<int>(matches_.size())) return ranges;
  const auto& found = matches_[static_cast<std::size_t>(row)];
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i].block != block) continue;
    if (row == row_ && static_cast<int>(i) == index_) now = static_cast<int>(ranges.size());
    ranges << found[i].range;
  }
  return ranges;
}

void TextFinder::search_again(int row) {
  if (query_.isEmpty() || row >= static_cast<int>(matches_.size())) return;
  search_row(row);
  if (row == row_ && !current_match()) row_ = index_ = -1;
  emit changed();
}

void TextFinder::rows_moved(int, int) {
  if (!query_.isEmpty()) find(query_);
}

}  // namespace etna::gui
