#include "gui/transcript/transcript_body.h"

#include <QElapsedTimer>
#include <algorithm>
#include <cmath>

#include "gui/transcript/message_blocks.h"

namespace etna::gui {
namespace {

// Above the first message.
constexpr double head_room = length::xl;
// The end is near: one more line keeps it in sight.
constexpr double near_distance = 48;
// Cells that are kept beside those in sight: going back and forth costs nothing.
constexpr int kept_cells = 60;

}  // namespace

TranscriptBody::TranscriptBody(const TranscriptTheme& theme, QObject* parent) : QObject(parent), theme_(theme) {}

void TranscriptBody::set_source(TranscriptSource* source) {
  if (source_) disconnect(source_, nullptr, this, nullptr);
  source_ = source;
  if (source) {
    connect(source, &TranscriptSource::reset, this, &TranscriptBody::reset);
    connect(source, &TranscriptSource::inserted, this, &TranscriptBody::insert);
    connect(source, &TranscriptSource::removed, this, &TranscriptBody::remove);
    connect(source, &TranscriptSource::replaced, this, [this](int row) {
      if (cells_[row]) cells_[row]->replace(source_->message(row));
      touch(row, 0);
      emit rowReplaced(row);
    });
    connect(source, &TranscriptSource::changed, this, [this](int row) {
      if (cells_[row]) cells_[row]->change(source_->message(row));
      touch(row, 0);
    });
    connect(source, &TranscriptSource::textAppended, this, [this](int row, const QString& piece) {
      if (cells_[row]) cells_[row]->append_text(piece);
      touch(row, 0);
      emit grown(row);
    });
    connect(source, &TranscriptSource::thinkingAppended, this, [this](int row, const QString& piece) {
      if (cells_[row]) cells_[row]->append_thinking(piece);
      touch(row, 0);
      emit grown(row);
    });
    connect(source, &TranscriptSource::finished, this, [this](int row) {
      if (cells_[row]) cells_[row]->finish();
      touch(row, 0);
      emit replied(row);
    });
    connect(source, &QObject::destroyed, this, &TranscriptBody::reset);
  }
  reset();
}

void TranscriptBody::reset() {
  cells_.clear();
  const int number = source_ ? source_->count() : 0;
  cells_.resize(static_cast<std::size_t>(number));
  measured_.assign(static_cast<std::size_t>(number), false);
  std::vector<double> heights;
  for (int row = 0; row < number; ++row) heights.push_back(estimate(row));
  heights_.assign(std::move(heights));
  anchor_ = {};
  built_ = 0;
  following_ = true;
  next_to_measure_ = number - 1;
  seen_.clear();
  emit wasReset();
  emit changed();
}

void TranscriptBody::insert(int first, int number) {
  std::vector<std::unique_ptr<MessageCell>> fresh(static_cast<std::size_t>(number));
  cells_.insert(cells_.begin() + first, std::make_move_iterator(fresh.begin()), std::make_move_iterator(fresh.end()));
  measured_.insert(measured_.begin() + first, static_cast<std::size_t>(number), false);
  std::vector<double> heights;
  for (int row = first; row < first + number; ++row) heights.push_back(estimate(row));
  heights_.insert(first, heights);
  if (anchor_.row >= first && count() > number) anchor_.row += number;
  next_to_measure_ = count() - 1;
  // Whether a message is the last one is a part of how it looks.
  emit rowsMoved(first, number);
  emit changed();
}

void TranscriptBody::remove(int first, int number) {
  for (int row = first; row < first + number; ++row) built_ -= cells_[static_cast<std::size_t>(row)] ? 1 : 0;
  cells_.erase(cells_.begin() + first, cells_.begin() + first + number);
  measured_.erase(measured_.begin() + first, measured_.begin() + first + number);
  heights_.remove(first, number);
  if (anchor_.row >= first + number) {
    anchor_.row -= number;
  } else if (anchor_.row >= first) {
    anchor_ = {std::max(0, std::min(first, count() - 1)), 0, 0};
  }
  next_to_measure_ = count() - 1;
  seen_.clear();
  emit rowsMoved(first, -number);
  emit changed();
}

double TranscriptBody::place_of(int row, double share) const {
  return head_room + heights_.offset(row) + share * heights_.at(row);
}

double TranscriptBody::estimate(int row) const {
  MessageBlock block;
  const bool mine = source_->role(row) == TranscriptMessage::Role::user;
  const double letters = source_->size_hint(row);
  const double per_line = std::max(10.0, width_ * (mine ? 0.8 : 1.0) / (0.47 * theme_.scaled(15)));
  const double lines = std::max(1.0, std::ceil(letters / per_line * 1.1));
  return lines * theme_.scaled(24) + theme_.scaled(32) + (mine ? 20 + length::xs : length::xl + 30);
}

double TranscriptBody::space_below(int row) const {
  const auto& cell = cells_[static_cast<std::size_t>(row)];
  const bool mine = cell && cell->message().role == TranscriptMessage::Role::user;
  return mine ? length::xs : length::xl;
}

MessageCell& TranscriptBody::cell(int row) {
  auto& cell = cells_.at(static_cast<std::size_t>(row));
  if (!cell) {
    cell = std::make_unique<MessageCell>(source_->message(row), width_, theme_);
    ++built_;
    take_height(row);
  }
  return *cell;
}

QVector<MessageBlock> TranscriptBody::blocks_at(int row) {
  const auto& cell = cells_.at(static_cast<std::size_t>(row));
  if (!cell) return blocks_of(source_->message(row));
  QVector<MessageBlock> blocks;
  blocks.reserve(cell->size());
  for (int i = 0; i < cell->size(); ++i) blocks << cell->entry(i).block;
  return blocks;
}

void TranscriptBody::take_height(int row) {
  heights_.set(row, cells_[static_cast<std::size_t>(row)]->height() + space_below(row));
}

void TranscriptBody::touch(int row, int) {
  if (cells_[static_cast<std::size_t>(row)]) {
    take_height(row);
    if (anchor_.row == row) anchor_.block = std::min(anchor_.block, cells_[static_cast<std::size_t>(row)]->size() - 1);
  } else {
    heights_.set(row, estimate(row));
    measured_[static_cast<std::size_t>(row)] = false;
    next_to_measure_ = std::max(next_to_measure_, row);
  }
  emit changed();
}

void TranscriptBody::set_size(double width, double height) {
  if (height != view_) {
    view_ = height;
    emit changed();
  }
  if (width == width_) return;
  const bool first = width_ == 0;
  width_ = width;
  for (int row = 0; row < count(); ++row) {
    measured_[static_cast<std::size_t>(row)] = false;
    if (const auto& cell = cells_[static_cast<std::size_t>(row)]) {
      cell->set_width(width);
      take_height(row);
    } else {
      heights_.set(row, estimate(row));
    }
  }
  next_to_measure_ = count() - 1;
  if (!first) seen_.clear();
  emit changed();
}

void TranscriptBody::restyle() {
  for (int row = 0; row < count(); ++row) {
    measured_[static_cast<std::size_t>(row)] = false;
    auto& cell = cells_[static_cast<std::size_t>(row)];
    if (cell) cell = std::make_unique<MessageCell>(cell->message(), width_, theme_);
    if (cell) {
      take_height(row);
    } else {
      heights_.set(row, estimate(row));
    }
  }
  next_to_measure_ = count() - 1;
  emit changed();
}

double TranscriptBody::content_height() const {
  return count() == 0 ? 0 : head_room + heights_.total();
}

double TranscriptBody::content_y() const {
  if (count() == 0) return 0;
  const auto& cell = cells_[static_cast<std::size_t>(anchor_.row)];
  return head_room + heights_.offset(anchor_.row) + (cell ? cell->offset(anchor_.block) : 0) + anchor_.y;
}

bool TranscriptBody::at_end() const {
  return content_y() + view_ >= content_height() - 1;
}

bool TranscriptBody::near_end() const {
  return content_y() + view_ >= content_height() - near_distance;
}

double TranscriptBody::block_height(int row, int block) {
  MessageCell& each = cell(row);
  if (each.lay_out(block) != 0) take_height(row);
  const MessageCell::Entry& entry = each.entry(block);
  return entry.gap + entry.height + (block + 1 == each.size() ? space_below(row) : 0);
}

bool TranscriptBody::step_up() {
  if (anchor_.block == 0 && anchor_.row == 0) return false;
  if (anchor_.block == 0) {
    --anchor_.row;
    anchor_.block = cell(anchor_.row).size() - 1;
  } else {
    --anchor_.block;
  }
  anchor_.y += block_height(anchor_.row, anchor_.block);
  return true;
}

bool TranscriptBody::step_down() {
  const double height = block_height(anchor_.row, anchor_.block);
  if (anchor_.y < height) return false;
  if (anchor_.block + 1 < cell(anchor_.row).size()) {
    ++anchor_.block;
  } else if (anchor_.row + 1 < count()) {
    ++anchor_.row;
    anchor_.block = 0;
  } else {
    return false;
  }
  anchor_.y -= height;
  return true;
}

/// Keeps the anchor inside of the block that the top of the view lies in, and the view inside of the content.
void TranscriptBody::settle() {
  anchor_.row = std::clamp(anchor_.row, 0, count() - 1);
  anchor_.block = std::clamp(anchor_.block, 0, cell(anchor_.row).size() - 1);
  while (anchor_.y < 0 && step_up()) {
  }
  if (anchor_.row == 0 && anchor_.block == 0) anchor_.y = std::max(anchor_.y, -head_room);
  while (step_down()) {
  }
}

/// The last line at the bottom of the view.
void TranscriptBody::hold_end() {
  anchor_.row = count() - 1;
  anchor_.block = cell(anchor_.row).size() - 1;
  anchor_.y = block_height(anchor_.row, anchor_.block) - view_;
  settle();
}

void TranscriptBody::fill_below() {
  double y = -anchor_.y;
  int row = anchor_.row, block = anchor_.block;
  seen_.clear();
  while (row < count() && y < view_) {
    MessageCell& each = cell(row);
    const double height = block_height(row, block);
    seen_.push_back({row, block, y + each.entry(block).gap});
    y += height;
    if (++block < each.size()) continue;
    block = 0;
    ++row;
  }
  // Nothing below and yet room: the content ends above the bottom of the view.
  const bool at_top = anchor_.row == 0 && anchor_.block == 0 && anchor_.y <= -head_room;
  if (row < count() || y >= view_ - 0.01 || at_top) return;
  const Anchor before = anchor_;
  anchor_.y -= view_ - y;
  settle();
  if (anchor_.row != before.row || anchor_.block != before.block || anchor_.y != before.y) fill_below();
}

const std::vector<SeenBlock>& TranscriptBody::arrange() {
  seen_.clear();
  if (count() == 0 || width_ <= 0 || view_ <= 0) return seen_;
  if (following_) {
    hold_end();
  } else {
    settle();
  }
  fill_below();
  drop_far_cells();
  return seen_;
}

void TranscriptBody::drop_far_cells() {
  if (seen_.empty() || built_ < 2 * kept_cells) return;
  const int first = seen_.front().row - kept_cells / 2, last = seen_.back().row + kept_cells / 2;
  for (int row = 0; row < count(); ++row) {
    auto& cell = cells_[static_cast<std::size_t>(row)];
    if (!cell || (row >= first && row <= last)) continue;
    // What somebody opened or unfolded is not forgotten.
    bool touched = cell->message().state == TranscriptMessage::State::writing;
    for (int i = 0; i < cell->size() && !touched; ++i)
      touched = cell->entry(i).state.open || cell->entry(i).state.wrapped;
    if (touched) continue;
    cell.reset();
    --built_;
  }
}

void TranscriptBody::scroll_by(double distance) {
  if (count() == 0) return;
  following_ = false;
  anchor_.y += distance;
  arrange();
  following_ = distance > 0 && near_end();
  emit changed();
}

void TranscriptBody::place_anchor_at(double content_y) {
  const double y = content_y - head_room;
  anchor_.row = std::max(0, heights_.index_at(std::max(0.0, y)));
  const double inside = y - heights_.offset(anchor_.row);
  MessageCell& each = cell(anchor_.row);
  anchor_.block = std::max(0, each.index_at(std::max(0.0, inside)));
  anchor_.y = inside - each.offset(anchor_.block);
}

void TranscriptBody::scroll_to(double content_y) {
  if (count() == 0) return;
  const bool down = content_y >= this->content_y();
  following_ = false;
  place_anchor_at(content_y);
  arrange();
  following_ = down && near_end();
  emit changed();
}

void TranscriptBody::scroll_to_end() {
  following_ = true;
  emit changed();
}

void TranscriptBody::reveal(int row, int block, const QRectF& rect) {
  if (row < 0 || row >= count() || block >= cell(row).size()) return;
  for (const SeenBlock& seen : seen_) {
    if (seen.row != row || seen.block != block) continue;
    if (seen.y + rect.top() >= 0 && seen.y + rect.bottom() <= view_) return;
  }
  block_height(row, block);
  following_ = false;
  anchor_ = {row, block, rect.top() - view_ / 3};
  arrange();
  emit changed();
}

void TranscriptBody::set_following(bool following) {
  if (following_ == following) return;
  following_ = following;
  emit changed();
}

void TranscriptBody::set_state(int row, int block, const BlockState& state) {
  cell(row).set_state(block, state);
  take_height(row);
  emit changed();
}

void TranscriptBody::set_control_height(int row, int block, double height) {
  MessageCell& each = cell(row);
  const double before = each.height();
  each.set_control_height(block, height);
  if (each.height() != before) take_height(row);
}

bool TranscriptBody::measure_some(int milliseconds) {
  if (width_ <= 0 || !source_) return false;
  QElapsedTimer clock;
  clock.start();
  for (; next_to_measure_ >= 0; --next_to_measure_) {
    const int row = next_to_measure_;
    if (measured_[static_cast<std::size_t>(row)]) continue;
    if (clock.elapsed() >= milliseconds) return true;
    const bool kept = cells_[static_cast<std::size_t>(row)] != nullptr;
    MessageCell& each = cell(row);
    for (int i = 0; i < each.size(); ++i) {
      each.lay_out(i);
      if (clock.elapsed() < milliseconds) continue;
      // A very long message takes several turns.
      take_height(row);
      if (i + 1 < each.size()) return true;
    }
    take_height(row);
    measured_[static_cast<std::size_t>(row)] = true;
    if (!kept) {
      cells_[static_cast<std::size_t>(row)].reset();
      --built_;
    }
  }
  return false;
}

}  // namespace etna::gui
