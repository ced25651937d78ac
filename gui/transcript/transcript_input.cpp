// Mouse, wheel and keys of the transcript.
#include <QCursor>
#include <QGuiApplication>
#include <QHoverEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QStyleHints>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "gui/transcript/transcript_view.h"

namespace etna::gui {
namespace {

constexpr double line_step = 36;
constexpr double page_overlap = 32;
constexpr int edge_interval_ms = 16;

}  // namespace

const SeenBlock* TranscriptView::block_at(double y) const {
  const SeenBlock* found = nullptr;
  for (const SeenBlock& seen : body_.seen()) {
    if (found && seen.y > y) break;
    found = &seen;
  }
  return found;
}

int TranscriptView::row_at(double y) const {
  const SeenBlock* seen = block_at(y);
  return seen ? seen->row : -1;
}

/// Where in the text a point is. Controls have no text; `nearest` looks for some before them.
TextPlace TranscriptView::place_at(const QPointF& point, bool nearest) {
  const SeenBlock* seen = block_at(point.y());
  if (!seen) return {};
  const MessageCell::Entry* entry = &body_.cell(seen->row).entry(seen->block);
  if (nearest && block_text(entry->block).isEmpty()) {
    const SeenBlock* first = body_.seen().data();
    while (seen > first && block_text(entry->block).isEmpty()) {
      --seen;
      entry = &body_.cell(seen->row).entry(seen->block);
    }
    return {seen->row, seen->block, static_cast<int>(block_text(entry->block).size())};
  }
  if (!entry->layout) return {seen->row, seen->block, 0};
  return {seen->row, seen->block, entry->layout->position_at(point - QPointF(column_left(), seen->y))};
}

QString TranscriptView::link_at(const QPointF& point) {
  const SeenBlock* seen = block_at(point.y());
  if (!seen) return {};
  const MessageCell::Entry& entry = body_.cell(seen->row).entry(seen->block);
  const TextSpan* span = entry.layout ? entry.layout->span_at(point - QPointF(column_left(), seen->y)) : nullptr;
  return span ? span->link : QString();
}

QString TranscriptView::text_at(const QPointF& point) {
  const TextPlace place = place_at(point, false);
  if (!place.valid()) return {};
  TextSelection word;
  word.start(body_, place, TextSelection::Unit::word);
  return selected_text(body_, word, false);
}

void TranscriptView::scroll_by(double distance) {
  body_.scroll_by(distance);
}

void TranscriptView::set_hovered(const QPointF& point, bool inside) {
  const int row = inside ? row_at(point.y()) : -1;
  const QString link = inside ? link_at(point) : QString();
  if (link != hovered_link_) {
    hovered_link_ = link;
    setCursor(QCursor(link.isEmpty() ? Qt::IBeamCursor : Qt::PointingHandCursor));
    emit hoveredLinkChanged();
  }
  if (row == hovered_row_) return;
  hovered_row_ = row;
  polish();
}

void TranscriptView::hoverMoveEvent(QHoverEvent* event) {
  set_hovered(event->position(), true);
  event->ignore();
}

void TranscriptView::hoverLeaveEvent(QHoverEvent* event) {
  set_hovered({}, false);
  event->ignore();
}

void TranscriptView::mousePressEvent(QMouseEvent* event) {
  forceActiveFocus(Qt::MouseFocusReason);
  const QPointF point = event->position();
  if (event->button() == Qt::RightButton) {
    emit menuWanted(point.x(), point.y(), link_at(point));
    return;
  }
  pressed_at_ = pointer_ = point;
  pressed_link_ = link_at(point);
  selecting_ = true;
  setKeepMouseGrab(true);
  const TextPlace place = place_at(point, true);
  if (!place.valid()) return;
  const bool third = since_double_click_.isValid() &&
                     since_double_click_.elapsed() < QGuiApplication::styleHints()->mouseDoubleClickInterval();
  since_double_click_.invalidate();
  if (event->modifiers() & Qt::ShiftModifier) {
    selection_.extend(body_, place);
  } else {
    selection_.start(body_, place, third ? TextSelection::Unit::block : TextSelection::Unit::letter);
  }
  if (third) body_.set_following(false);
  selection_moved();
}

void TranscriptView::mouseDoubleClickEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return;
  const TextPlace place = place_at(event->position(), true);
  if (!place.valid()) return;
  selecting_ = true;
  pressed_link_.clear();
  since_double_click_.start();
  selection_.start(body_, place, TextSelection::Unit::word);
  body_.set_following(false);
  selection_moved();
}

void TranscriptView::mouseMoveEvent(QMouseEvent* event) {
  if (!selecting_) return;
  pointer_ = event->position();
  if ((pointer_ - pressed_at_).manhattanLength() < QGuiApplication::styleHints()->startDragDistance()) return;
  pressed_link_.clear();
  select_to(pointer_);
  const bool outside = pointer_.y() < 0 || pointer_.y() > height();
  if (outside && !edge_timer_.isActive()) edge_timer_.start(edge_interval_ms, this);
  if (!outside) edge_timer_.stop();
}

void TranscriptView::select_to(const QPointF& point) {
  const TextPlace place = place_at(QPointF(point.x(), std::clamp(point.y(), 0.0, height() - 1)), true);
  if (!place.valid()) return;
  // Choosing text lets go of the end: it must not move away below the pointer.
  body_.set_following(false);
  selection_.extend(body_, place);
  selection_moved();
}

void TranscriptView::mouseReleaseEvent(QMouseEvent* event) {
  selecting_ = false;
  edge_timer_.stop();
  setKeepMouseGrab(false);
  if (event->button() != Qt::LeftButton || pressed_link_.isEmpty()) return;
  if (link_at(event->position()) == pressed_link_) emit linkActivated(pressed_link_);
  pressed_link_.clear();
}

void TranscriptView::mouseUngrabEvent() {
  selecting_ = false;
  edge_timer_.stop();
}

/// The pointer is above or below the view while it selects.
void TranscriptView::timerEvent(QTimerEvent* event) {
  if (event->timerId() != edge_timer_.timerId()) return QQuickItem::timerEvent(event);
  const double beyond = pointer_.y() < 0 ? pointer_.y() : pointer_.y() - height();
  scroll_by(std::clamp(beyond / 2, -60.0, 60.0));
  select_to(pointer_);
}

void TranscriptView::wheelEvent(QWheelEvent* event) {
  QPointF distance = event->pixelDelta();
  if (distance.isNull())
    distance = QPointF(event->angleDelta()) / 120 * QGuiApplication::styleHints()->wheelScrollLines() * line_step;
  if (event->modifiers() & Qt::ShiftModifier && distance.x() == 0) distance = QPointF(distance.y(), 0);
  if (std::abs(distance.x()) > std::abs(distance.y())) {
    const SeenBlock* seen = block_at(event->position().y());
    if (!seen) return;
    MessageCell& cell = body_.cell(seen->row);
    const MessageCell::Entry& entry = cell.entry(seen->block);
    if (entry.layout && entry.layout->scroll_range() > 0) {
      cell.scroll(seen->block, entry.state.scroll - distance.x());
      changed();
    }
  } else {
    scroll_by(-distance.y());
    set_hovered(event->position(), true);
  }
  event->accept();
}

void TranscriptView::keyPressEvent(QKeyEvent* event) {
  const bool shift_moves = (event->modifiers() & Qt::ShiftModifier) && select_key(event);
  if (shift_moves || scroll_key(event)) {
    event->accept();
    return;
  }
  if (event->matches(QKeySequence::Copy)) {
    copy(true);
  } else if (event->matches(QKeySequence::SelectAll)) {
    selectAll();
  } else if (event->key() == Qt::Key_Menu || (event->key() == Qt::Key_F10 && event->modifiers() == Qt::ShiftModifier)) {
    emit menuWanted(width() / 2, height() / 3, {});
  } else if (event->key() == Qt::Key_Escape && has_selection()) {
    clearSelection();
    // Escape has a meaning for the window, too.
    event->ignore();
  } else {
    event->ignore();
  }
}

void TranscriptView::focusInEvent(QFocusEvent* event) {
  QQuickItem::focusInEvent(event);
  keyboard_focus_ = event->reason() != Qt::MouseFocusReason;
  emit keyboardFocusChanged();
}

bool TranscriptView::scroll_key(QKeyEvent* event) {
  const double page = height() - page_overlap;
  const bool control = event->modifiers() & Qt::ControlModifier;
  if (event->modifiers() & (Qt::AltModifier | Qt::MetaModifier)) return false;
  switch (event->key()) {
    case Qt::Key_Up:
      if (control) {
        const SeenBlock* seen = block_at(1);
        if (seen) showMessage(seen->block > 0 ? seen->row : std::max(0, seen->row - 1));
      } else {
        scroll_by(-line_step);
      }
      return true;
    case Qt::Key_Down:
      if (control) {
        const int row = row_at(1);
        if (row + 1 < body_.count()) showMessage(row + 1);
      } else {
        scroll_by(line_step);
      }
      return true;
    case Qt::Key_PageUp: scroll_by(-page); return true;
    case Qt::Key_PageDown: scroll_by(page); return true;
    case Qt::Key_Space: scroll_by(event->modifiers() & Qt::ShiftModifier ? -page : page); return true;
    case Qt::Key_Home: body_.scroll_to(0); return true;
    case Qt::Key_End: follow(); return true;
    default: return false;
  }
}

/// Shift and arrows move the end of the selection; without one it begins at the top of what is seen.
bool TranscriptView::select_key(QKeyEvent* event) {
  const int key = event->key();
  const bool sideways = key == Qt::Key_Left || key == Qt::Key_Right;
  const bool upright = key == Qt::Key_Up || key == Qt::Key_Down;
  if (!sideways && !upright) return false;
  if (!selection_.end().valid()) {
    const TextPlace place = place_at(QPointF(column_left(), 1), false);
    if (!place.valid()) return true;
    selection_.start(body_, place, TextSelection::Unit::letter);
  }
  const int by = key == Qt::Key_Left || key == Qt::Key_Up ? -1 : 1;
  const bool words = event->modifiers() & Qt::ControlModifier;
  body_.set_following(false);
  if (sideways) {
    selection_.move_end(body_, by, words ? TextSelection::Unit::word : TextSelection::Unit::letter);
  } else {
    MessageCell& cell = body_.cell(selection_.end().row);
    cell.lay_out(selection_.end().block);
    const BlockLayout& layout = *cell.entry(selection_.end().block).layout;
    const QRectF caret = layout.cursor_rect(selection_.end().position);
    const int next = layout.position_at(caret.center() + QPointF(0, by * caret.height()));
    TextPlace end = selection_.end();
    const bool moves = by < 0 ? next < end.position : next > end.position;
    if (moves) {
      end.position = next;
      selection_.extend(body_, end);
    } else {
      selection_.move_end(body_, by, TextSelection::Unit::block);
    }
  }
  const TextPlace end = selection_.end();
  body_.cell(end.row).lay_out(end.block);
  body_.reveal(end.row, end.block, body_.cell(end.row).entry(end.block).layout->cursor_rect(end.position));
  selection_moved();
  return true;
}

}  // namespace etna::gui
