#include "gui/transcript/transcript_view.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QQuickWindow>
#include <algorithm>
#include <cmath>

#include "gui/transcript/transcript_accessible.h"

namespace etna::gui {
namespace {

using Kind = MessageBlock::Kind;

// Beside the column, so that no letter touches the edge of a narrow window.
constexpr double margin = length::xl;
// A tile is at most this high: growing code paints only its end again.
constexpr double tile_height = 400;
constexpr int idle_slice_ms = 4;
// Between two slices: a quarter of the thread at most.
constexpr int idle_pause_ms = 12;

}  // namespace

TranscriptView::TranscriptView(QQuickItem* parent)
    : QQuickItem(parent), body_(look_theme_), finder_(body_), controls_(*this) {
  setFlag(ItemHasContents);
  setFlag(ItemIsFocusScope, false);
  setAcceptHoverEvents(true);
  setAcceptedMouseButtons(Qt::LeftButton | Qt::RightButton);
  setCursor(Qt::IBeamCursor);
  install_transcript_accessibility();
  idle_.setInterval(idle_pause_ms);
  connect(&idle_, &QTimer::timeout, this, [this] {
    const bool more = isVisible() && body_.measure_some(idle_slice_ms);
    if (!more) idle_.stop();
    polish();
  });
  connect(&body_, &TranscriptBody::changed, this, &TranscriptView::changed);
  connect(&body_, &TranscriptBody::grown, this, [this](int row) {
    if (!body_.following()) new_text_ = true;
    announcer_.grow(*source(), row);
  });
  connect(&body_, &TranscriptBody::replied, this, [this](int row) {
    finder_.search_again(row);
    announcer_.finish(*source(), row);
  });
  connect(&body_, &TranscriptBody::rowReplaced, &finder_, &TextFinder::search_again);
  connect(&body_, &TranscriptBody::rowsMoved, this, [this](int first, int number) {
    selection_.rows_moved(first, number);
    finder_.rows_moved(first, number);
    selection_moved();
  });
  connect(&body_, &TranscriptBody::wasReset, this, [this] {
    selection_.clear();
    new_text_ = false;
    hovered_row_ = -1;
    announcer_.forget();
    finder_.find(finder_.query());
    selection_moved();
  });
  connect(&finder_, &TextFinder::changed, this, [this] {
    emit foundChanged();
    changed();
  });
  connect(&finder_, &TextFinder::found_first, this, &TranscriptView::reveal_match);
  connect(&announcer_, &ReplyAnnouncer::changed, this, &TranscriptView::announcementChanged);
}

TranscriptView::~TranscriptView() = default;

void TranscriptView::set_source(TranscriptSource* source) {
  if (source == body_.source()) return;
  body_.set_source(source);
  emit sourceChanged();
}

void TranscriptView::set_theme(TranscriptTheme* theme) {
  if (theme == theme_) return;
  if (theme_) disconnect(theme_, nullptr, this, nullptr);
  theme_ = theme;
  if (theme_) connect(theme_, &TranscriptTheme::changed, this, &TranscriptView::restyle);
  restyle();
  emit themeChanged();
}

/// Many roles change at once; they are taken together.
void TranscriptView::restyle() {
  if (restyle_waits_) return;
  restyle_waits_ = true;
  polish();
}

void TranscriptView::set_column_width(double width) {
  if (width == column_width_) return;
  column_width_ = width;
  changed();
  emit columnWidthChanged();
}

void TranscriptView::set_control(Kind kind, QPointer<QQmlComponent>& place, QQmlComponent* component) {
  if (place == component) return;
  place = component;
  controls_.set_component(kind, component);
  changed();
  emit controlsChanged();
}

double TranscriptView::column() const {
  return std::max(0.0, std::min(column_width_, std::floor(width() - 2 * margin)));
}

double TranscriptView::column_left() const {
  return std::round((width() - column()) / 2);
}

bool TranscriptView::at_end() const {
  return content_y_ + height() >= content_height_ - 1;
}

void TranscriptView::changed() {
  polish();
  if (body_.unmeasured() && !idle_.isActive() && isVisible()) idle_.start();
}

void TranscriptView::updatePolish() {
  if (restyle_waits_) {
    restyle_waits_ = false;
    if (theme_) look_theme_.take(*theme_);
    looks_.clear();
    body_.restyle();
  }
  body_.set_size(column(), height());
  body_.arrange();
  // Controls tell their heights only once they are there.
  for (int round = 0; round < 3 && place_controls(); ++round) body_.arrange();
  if (body_.following()) new_text_ = false;
  const double y = std::round(body_.content_y()), whole = std::round(body_.content_height());
  const bool end = body_.at_end();
  content_y_ = y;
  content_height_ = whole;
  was_at_end_ = end;
  emit contentChanged();
  update();
  notify_accessibility();
}

/// True if a height changed.
bool TranscriptView::place_controls() {
  bool moved = false;
  controls_.begin();
  const double left = column_left();
  const std::vector<SeenBlock> seen_blocks = body_.seen();
  for (const SeenBlock& seen : seen_blocks) {
    const MessageCell::Entry& entry = body_.cell(seen.row).entry(seen.block);
    const Kind kind = entry.block.kind;
    if (kind != Kind::code && kind != Kind::thinking && kind != Kind::footer && kind != Kind::image &&
        kind != Kind::attachment)
      continue;
    QQuickItem* item = controls_.show(values_of(seen));
    if (!item) continue;
    const double inset = kind == Kind::code ? block_inset(entry.block) : 0;
    item->setWidth(column() - inset);
    item->setPosition(QPointF(left + inset, std::round(seen.y)));
    if (kind == Kind::code) {
      item->setHeight(entry.height);
      continue;
    }
    const double height = item->implicitHeight();
    item->setHeight(height);
    if (height == entry.height) continue;
    body_.set_control_height(seen.row, seen.block, height);
    moved = true;
  }
  controls_.end();
  return moved;
}

double TranscriptView::block_inset(const MessageBlock& block) const {
  return block.quote_depth * length::l +
         (block.level > 0 ? block.level * look_theme_.scaled(length::xl) + length::xs : 0);
}

TranscriptSlot::Values TranscriptView::values_of(const SeenBlock& seen) {
  const MessageCell& cell = body_.cell(seen.row);
  const MessageCell::Entry& entry = cell.entry(seen.block);
  TranscriptSlot::Values values;
  values.row = seen.row;
  values.block = seen.block;
  values.kind = entry.block.kind;
  values.message = cell.message();
  values.empty = values.message.text.isEmpty();
  values.message.text.clear();
  values.message.thinking.text.clear();
  values.last = seen.row == body_.count() - 1;
  values.hovered = seen.row == hovered_row_;
  switch (entry.block.kind) {
    case Kind::code:
      values.title = entry.block.title;
      values.open = entry.state.open;
      values.wrapped = entry.state.wrapped;
      values.folds = entry.layout && entry.layout->folds();
      values.lines = entry.layout ? entry.layout->lines() : 0;
      break;
    case Kind::thinking:
      values.title = values.message.thinking.title;
      values.open = values.message.thinking.open;
      break;
    case Kind::attachment:
      values.title = entry.block.title;
      values.detail = entry.block.detail;
      break;
    case Kind::image:
      values.title = entry.block.content.text;
      values.link = entry.block.content.spans.isEmpty() ? QString() : entry.block.content.spans[0].link;
      break;
    default: break;
  }
  return values;
}

const TranscriptView::Look& TranscriptView::look_of(const SeenBlock& seen) {
  const MessageCell& cell = body_.cell(seen.row);
  const MessageCell::Entry& entry = cell.entry(seen.block);
  Look look;
  look.revision = entry.revision;
  if (!selection_.empty())
    look.selection = selection_.within(seen.row, seen.block, static_cast<int>(block_text(entry.block).size()));
  look.found = finder_.within(seen.row, seen.block, look.found_now);
  look.caret = cell.growing() == seen.block;
  Look& shown = looks_[{cell.message().id, seen.block, 0}];
  look.serial = shown.serial;
  const bool same = shown.serial != 0 && look.revision == shown.revision && look.selection == shown.selection &&
                    look.found == shown.found && look.found_now == shown.found_now && look.caret == shown.caret;
  if (!same) {
    look.serial = ++serial_;
    shown = look;
  }
  return shown;
}

QSGNode* TranscriptView::updatePaintNode(QSGNode* old, UpdatePaintNodeData*) {
  const std::vector<SeenBlock>& seen_blocks = body_.seen();
  if (seen_blocks.empty() || width() < 1 || height() < 1) {
    delete old;
    return nullptr;
  }
  auto* nodes = old ? static_cast<BlockNodes*>(old) : new BlockNodes(*window());
  const double ratio = window()->effectiveDevicePixelRatio();
  nodes->begin();
  for (const SeenBlock& seen : seen_blocks) paint_block(*nodes, seen, ratio);
  nodes->end();
  painted_ += nodes->take_painted();
  if (looks_.size() > 4000) looks_.clear();
  return nodes;
}

void TranscriptView::paint_block(BlockNodes& nodes, const SeenBlock& seen, double ratio) {
  const MessageCell& cell = body_.cell(seen.row);
  const MessageCell::Entry& entry = cell.entry(seen.block);
  if (entry.block.kind == Kind::footer || entry.block.kind == Kind::thinking || !entry.layout) return;
  const Look look = look_of(seen);
  const double left = column_left(), y = std::round(seen.y);
  // The bars of quotes go through the space above.
  const double gap = std::ceil(entry.gap);
  const double whole = gap + std::ceil(entry.height);
  const int first = std::max(0, static_cast<int>((gap - y) / tile_height));
  for (int tile = first; tile * tile_height < whole; ++tile) {
    const double top = tile * tile_height - gap;
    const double bottom = std::min(top + tile_height, whole - gap);
    if (y + top >= height()) break;
    if (y + bottom < 0) continue;
    nodes.show({cell.message().id, seen.block, tile}, look.serial, QRectF(left, y + top, column(), bottom - top), ratio,
               [&](QPainter& painter) { paint_tile(painter, seen, look, top, bottom); });
  }
}

void TranscriptView::paint_tile(QPainter& painter, const SeenBlock& seen, const Look& look, double top, double bottom) {
  const MessageCell::Entry& entry = body_.cell(seen.row).entry(seen.block);
  painter.translate(0, -top);
  entry.layout->paint(PaintContext{.painter = painter,
                                   .top = top,
                                   .bottom = bottom,
                                   .selection = look.selection,
                                   .found = look.found,
                                   .found_now = look.found_now,
                                   .caret = look.caret});
}

void TranscriptView::geometryChange(const QRectF& now, const QRectF& before) {
  QQuickItem::geometryChange(now, before);
  if (now.size() == before.size()) return;
  if (now.width() != before.width()) looks_.clear();
  changed();
}

void TranscriptView::itemChange(ItemChange change, const ItemChangeData& value) {
  QQuickItem::itemChange(change, value);
  if (change == ItemVisibleHasChanged && value.boolValue) changed();
  if (change == ItemDevicePixelRatioHasChanged) update();
}

void TranscriptView::set_content_y(double y) {
  body_.scroll_to(y);
}

void TranscriptView::follow() {
  new_text_ = false;
  body_.scroll_to_end();
}

void TranscriptView::copy(bool markdown) {
  const QString text = selected_text(body_, selection_, markdown);
  if (!text.isEmpty()) QGuiApplication::clipboard()->setText(text);
}

void TranscriptView::selectAll() {
  selection_.select_all(body_);
  selection_moved();
}

void TranscriptView::clearSelection() {
  selection_.clear();
  selection_moved();
}

void TranscriptView::selection_moved() {
  emit selectionChanged();
  changed();
}

void TranscriptView::set_query(const QString& query) {
  if (query == finder_.query()) return;
  finder_.find(query);
}

void TranscriptView::findNext(int by) {
  finder_.step(by);
  reveal_match();
}

void TranscriptView::reveal_match() {
  const TextFinder::Match* match = finder_.current_match();
  if (!match) return;
  MessageCell& cell = body_.cell(match->row);
  cell.lay_out(match->block);
  // Folded code shows what was found in it.
  const MessageCell::Entry& entry = cell.entry(match->block);
  if (entry.layout->folds() && !entry.state.open) toggleOpen(match->row, match->block);
  body_.reveal(match->row, match->block, cell.entry(match->block).layout->cursor_rect(match->range.from));
}

void TranscriptView::toggleOpen(int row, int block) {
  if (row < 0 || row >= body_.count() || block < 0 || block >= body_.cell(row).size()) return;
  const MessageCell::Entry& entry = body_.cell(row).entry(block);
  if (entry.block.kind == Kind::thinking) {
    emit thinkingToggled(row, !body_.cell(row).message().thinking.open);
    return;
  }
  BlockState state = entry.state;
  state.open = !state.open;
  // What the person looks at stays in place.
  body_.set_following(false);
  body_.set_state(row, block, state);
}

void TranscriptView::toggleWrapped(int row, int block) {
  if (row < 0 || row >= body_.count() || block < 0 || block >= body_.cell(row).size()) return;
  BlockState state = body_.cell(row).entry(block).state;
  state.wrapped = !state.wrapped;
  body_.set_state(row, block, state);
}

void TranscriptView::copyBlock(int row, int block) {
  if (row < 0 || row >= body_.count() || block < 0 || block >= body_.cell(row).size()) return;
  QGuiApplication::clipboard()->setText(body_.cell(row).entry(block).block.content.text);
}

void TranscriptView::copyMessage(int row) {
  if (row >= 0 && row < body_.count()) QGuiApplication::clipboard()->setText(source()->message(row).text);
}

void TranscriptView::showMessage(int row) {
  if (row < 0 || row >= body_.count()) return;
  body_.reveal(row, 0, QRectF(0, height() / 3, 1, height() * 2));
}

}  // namespace etna::gui
