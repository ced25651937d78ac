#include "gui/transcript/message_cell.h"

#include <algorithm>
#include <utility>

#include "gui/transcript/message_blocks.h"

namespace etna::gui {
namespace {

using Kind = MessageBlock::Kind;

quint64 next_revision() {
  static quint64 last = 0;
  return ++last;
}

bool is_control(Kind kind) {
  return kind == Kind::thinking || kind == Kind::footer || kind == Kind::image || kind == Kind::attachment;
}

}  // namespace

MessageCell::MessageCell(const TranscriptMessage& message, double width, const TranscriptTheme& theme)
    : theme_(theme), width_(width) {
  replace(message);
}

void MessageCell::replace(const TranscriptMessage& message) {
  message_ = message;
  stream_ = {};
  QVector<MessageBlock> text;
  if (mine()) {
    text = own_blocks(message.text);
  } else {
    stream_.append(message.text);
    if (message.state == TranscriptMessage::State::done || message.state == TranscriptMessage::State::broken)
      stream_.finish();
    text = stream_.blocks();
  }
  const QVector<MessageBlock> above = blocks_above(message);
  above_ = static_cast<int>(above.size());
  text_ = static_cast<int>(text.size());
  sync(0, size(), above + text + blocks_below(message));
}

void MessageCell::change(const TranscriptMessage& message) {
  const QString text = message_.text;
  message_ = message;
  message_.text = text;
  const QVector<MessageBlock> above = blocks_above(message);
  const int end = std::exchange(above_, static_cast<int>(above.size()));
  sync(0, end, above);
  sync(above_ + text_, size(), blocks_below(message));
  refresh(size(), std::max(0, above_ + text_ - 1));
}

void MessageCell::append_text(const QString& piece) {
  message_.text += piece;
  if (mine()) return replace(TranscriptMessage(message_));
  const int frozen = stream_.frozen();
  stream_.append(piece);
  const int end = above_ + text_;
  text_ = static_cast<int>(stream_.blocks().size());
  sync(above_ + frozen, end, stream_.blocks().mid(frozen));
}

void MessageCell::append_thinking(const QString& piece) {
  const bool first = message_.thinking.text.isEmpty();
  message_.thinking.text += piece;
  if (first || message_.thinking.open) change(TranscriptMessage(message_));
}

void MessageCell::finish() {
  if (mine()) return;
  const int end = above_ + text_;
  stream_.finish();
  text_ = static_cast<int>(stream_.blocks().size());
  sync(above_, end, stream_.blocks());
}

/// Puts `blocks` in the place of the entries from `begin` to `end`. Equal ones stay as they are; growing code keeps its
/// layout.
void MessageCell::sync(int begin, int end, const QVector<MessageBlock>& blocks) {
  const int kept = std::min(end - begin, static_cast<int>(blocks.size()));
  for (int i = 0; i < kept; ++i) {
    Entry& entry = entries_[static_cast<std::size_t>(begin + i)];
    const MessageBlock& block = blocks[i];
    if (entry.block == block) continue;
    const bool extended = entry.layout && entry.layout->extend(block);
    if (!extended) entry.layout.reset();
    const bool control = is_control(block.kind) && entry.block.kind == block.kind;
    entry.block = block;
    if (control) continue;
    entry.revision = next_revision();
    measure(entry, begin + i == 0);
    if (extended) entry.height = entry.layout->layout(width_);
    if (begin + i < heights_.size()) heights_.set(begin + i, entry.gap + entry.height);
  }
  const int surplus = end - begin - kept;
  const int missing = static_cast<int>(blocks.size()) - kept;
  if (surplus == 0 && missing == 0) return refresh(begin + kept, begin);
  const auto at = entries_.begin() + begin + kept;
  if (surplus > 0) entries_.erase(at, at + surplus);
  std::vector<Entry> fresh;
  for (int i = kept; i < blocks.size(); ++i) {
    fresh.emplace_back();
    fresh.back().block = blocks[i];
    fresh.back().revision = next_revision();
    measure(fresh.back(), begin + i == 0);
  }
  entries_.insert(entries_.begin() + begin + kept, std::make_move_iterator(fresh.begin()),
                  std::make_move_iterator(fresh.end()));
  refresh(begin + kept, begin);
}

/// The heights from `index` on, and which of the blocks from `changed` on still grows.
void MessageCell::refresh(int index, int changed) {
  const int from = std::clamp(std::min(index, heights_.size()), 0, size());
  heights_.truncate(from);
  for (int i = from; i < size(); ++i) heights_.append(entry(i).gap + entry(i).height);
  const int now = growing();
  for (int i = std::max(0, std::min(from, changed) - 2); i < size(); ++i) {
    Entry& each = entries_[static_cast<std::size_t>(i)];
    if (each.state.growing == (i == now)) continue;
    each.state.growing = i == now;
    each.revision = next_revision();
    if (each.block.kind == Kind::code) each.layout.reset();
  }
}

int MessageCell::growing() const {
  const bool writing = message_.state == TranscriptMessage::State::writing;
  return writing && !mine() && text_ > 0 ? above_ + text_ - 1 : -1;
}

void MessageCell::measure(Entry& entry, bool first) const {
  entry.gap = gap_above(entry.block, first, theme_);
  entry.height = estimated_height(entry.block, width_, theme_);
}

double MessageCell::lay_out(int index) {
  Entry& entry = entries_.at(static_cast<std::size_t>(index));
  if (entry.layout) return 0;
  entry.layout = make_layout(entry.block, entry.state, theme_);
  const double height = entry.layout->layout(width_);
  if (is_control(entry.block.kind)) return 0;
  const double change = height - entry.height;
  entry.height = height;
  heights_.set(index, entry.gap + height);
  return change;
}

void MessageCell::set_width(double width) {
  if (width == width_) return;
  width_ = width;
  for (Entry& entry : entries_) {
    entry.revision = next_revision();
    const double before = entry.height;
    const bool control = is_control(entry.block.kind);
    if (entry.layout) {
      entry.height = entry.layout->layout(width);
    } else {
      measure(entry, &entry == entries_.data());
    }
    if (control) entry.height = before;
  }
  rebuild_heights();
}

void MessageCell::rebuild_heights() {
  heights_.truncate(0);
  for (const Entry& entry : entries_) heights_.append(entry.gap + entry.height);
}

void MessageCell::set_state(int index, const BlockState& state) {
  Entry& entry = entries_.at(static_cast<std::size_t>(index));
  const bool growing = entry.state.growing;
  entry.state = state;
  entry.state.growing = growing;
  entry.layout.reset();
  entry.revision = next_revision();
  lay_out(index);
}

void MessageCell::scroll(int index, double to) {
  Entry& entry = entries_.at(static_cast<std::size_t>(index));
  if (!entry.layout) return;
  entry.state.scroll = std::clamp(to, 0.0, entry.layout->scroll_range());
  entry.layout->scroll_to(entry.state.scroll);
  entry.revision = next_revision();
}

void MessageCell::set_control_height(int index, double height) {
  Entry& entry = entries_.at(static_cast<std::size_t>(index));
  if (entry.height == height) return;
  entry.height = height;
  heights_.set(index, entry.gap + height);
}

}  // namespace etna::gui
