#include "gui/transcript/transcript_accessible.h"

#include <QQuickWindow>
#include <algorithm>

#include "gui/transcript/transcript_view.h"

namespace etna::gui {
namespace {

using Kind = MessageBlock::Kind;

// More of a message is in its blocks.
constexpr qsizetype longest_name = 1000;
// Nodes of messages that went out of sight are forgotten at this number.
constexpr qsizetype most_nodes = 2000;

QRect on_screen(const QQuickItem& item, const QRectF& rect) {
  const QRectF scene = item.mapRectToScene(rect);
  const QPointF corner = item.window() ? QPointF(item.window()->mapToGlobal(QPoint())) : QPointF();
  return scene.translated(corner).toRect();
}

QAccessible::Role role_of(const MessageBlock& block) {
  switch (block.kind) {
    case Kind::heading: return QAccessible::Heading;
    case Kind::list_item: return QAccessible::ListItem;
    case Kind::table: return QAccessible::Table;
    case Kind::formula: return QAccessible::Equation;
    case Kind::image: return QAccessible::Graphic;
    case Kind::rule: return QAccessible::Separator;
    case Kind::tool_call: return QAccessible::Grouping;
    default: return QAccessible::Paragraph;
  }
}

/// A message, a block of it, or a part of the block.
class Node : public QAccessibleInterface, public QAccessibleActionInterface {
public:
  Node(const TranscriptAccessible& list, qint64 message, int block, int part)
      : list_(list), view_(list.view()), message_(message), block_(block), part_(part) {}

  void move_to(int row) { row_ = row; }

  bool isValid() const override {
    if (!view_ || !view_->source() || row_ < 0 || row_ >= view_->body().count()) return false;
    return block_ < cell().size() && cell().message().id == message_;
  }

  QObject* object() const override { return nullptr; }

  QAccessibleInterface* parent() const override {
    if (!isValid()) return nullptr;
    if (block_ < 0) return QAccessible::queryAccessibleInterface(view_);
    return part_ < 0 ? list_.node(row_, -1, -1) : list_.node(row_, block_, -1);
  }

  QAccessibleInterface* child(int index) const override {
    if (index < 0 || index >= childCount()) return nullptr;
    return block_ < 0 ? list_.node(row_, spoken_blocks().at(index), -1) : list_.node(row_, block_, index);
  }

  int childCount() const override {
    if (!isValid() || part_ >= 0) return 0;
    return static_cast<int>(block_ < 0 ? spoken_blocks().size() : parts().size());
  }

  int indexOfChild(const QAccessibleInterface* child) const override {
    for (int i = 0; i < childCount(); ++i) {
      if (this->child(i) == child) return i;
    }
    return -1;
  }

  QAccessibleInterface* childAt(int x, int y) const override {
    for (int i = 0; i < childCount(); ++i) {
      QAccessibleInterface* each = child(i);
      if (each->rect().contains(x, y)) return each;
    }
    return nullptr;
  }

  QAccessible::Role role() const override {
    if (!isValid()) return QAccessible::NoRole;
    if (block_ < 0) return QAccessible::ListItem;
    if (part_ < 0) return role_of(block());
    return block().kind == Kind::tool_call ? QAccessible::StaticText : QAccessible::Link;
  }

  QAccessible::State state() const override {
    QAccessible::State state;
    state.readOnly = true;
    state.linked = role() == QAccessible::Link;
    return state;
  }

  QString text(QAccessible::Text kind) const override {
    if (!isValid()) return {};
    if (kind == QAccessible::Description) return description();
    if (kind != QAccessible::Name) return {};
    if (block_ < 0) return message_name();
    if (part_ >= 0) return parts().value(part_);
    if (block().kind == Kind::tool_call) return TranscriptView::tr("Tool call: %1").arg(block().title);
    const QString text = spoken_text(block());
    return block().marker.isEmpty() ? text : block().marker + u' ' + text;
  }

  void setText(QAccessible::Text, const QString&) override {}

  QRect rect() const override {
    if (!isValid()) return {};
    QRectF area;
    for (const SeenBlock& seen : view_->body().seen()) {
      if (seen.row != row_ || (block_ >= 0 && seen.block != block_)) continue;
      area |= QRectF(view_->column_left(), seen.y, view_->column(), cell().entry(seen.block).height);
    }
    return on_screen(*view_, area);
  }

  QWindow* window() const override { return view_ ? view_->window() : nullptr; }

  void* interface_cast(QAccessible::InterfaceType type) override {
    const bool acts = type == QAccessible::ActionInterface && role() == QAccessible::Link;
    return acts ? static_cast<QAccessibleActionInterface*>(this) : nullptr;
  }

  QStringList actionNames() const override {
    return role() == QAccessible::Link ? QStringList{pressAction()} : QStringList();
  }

  void doAction(const QString& name) override {
    if (name == pressAction() && role() == QAccessible::Link) emit view_->linkActivated(links().value(part_));
  }

  QStringList keyBindingsForAction(const QString&) const override { return {}; }

private:
  const MessageCell& cell() const { return view_->body().cell(row_); }

  const MessageBlock& block() const { return cell().entry(block_).block; }

  /// Those that a screen reader has no control for.
  QVector<int> spoken_blocks() const {
    QVector<int> result;
    for (const SeenBlock& seen : view_->body().seen()) {
      const Kind kind = seen.row == row_ ? cell().entry(seen.block).block.kind : Kind::footer;
      if (kind != Kind::footer && kind != Kind::thinking && kind != Kind::image && kind != Kind::attachment)
        result << seen.block;
    }
    return result;
  }

  QVector<QString> links() const {
    QVector<QString> result;
    for (const TextSpan& span : block().content.spans) {
      if (!span.link.isEmpty()) result << span.link;
    }
    return result;
  }

  QVector<QString> parts() const {
    QVector<QString> result;
    if (block().kind == Kind::tool_call) {
      result << block().content.text;
      if (!block().detail.isEmpty()) result << block().detail;
      return result;
    }
    for (const TextSpan& span : block().content.spans) {
      if (!span.link.isEmpty()) result << block().content.text.mid(span.start, span.length);
    }
    return result;
  }

  QString message_name() const {
    const TranscriptMessage& message = cell().message();
    const bool mine = message.role == TranscriptMessage::Role::user;
    return (mine ? TranscriptView::tr("You: %1") : TranscriptView::tr("%1: %2").arg(message.author))
        .arg(message.text.left(longest_name));
  }

  QString description() const {
    if (block_ < 0 || part_ >= 0) return part_ >= 0 ? links().value(part_) : QString();
    if (block().kind == Kind::code)
      return block().title.isEmpty() ? TranscriptView::tr("Code") : TranscriptView::tr("Code in %1").arg(block().title);
    return block().quote_depth > 0 ? TranscriptView::tr("Quote") : QString();
  }

  const TranscriptAccessible& list_;
  QPointer<TranscriptView> view_;
  qint64 message_;
  int block_;
  int part_;
  int row_ = -1;
};

QAccessibleInterface* make_interface(const QString& name, QObject* object) {
  if (name != QLatin1String("etna::gui::TranscriptView")) return nullptr;
  auto* view = qobject_cast<TranscriptView*>(object);
  return view ? new TranscriptAccessible(view) : nullptr;
}

}  // namespace

void install_transcript_accessibility() {
  static const bool once = [] {
    QAccessible::installFactory(make_interface);
    return true;
  }();
  Q_UNUSED(once)
}

TranscriptAccessible::TranscriptAccessible(TranscriptView* view) : QAccessibleObject(view) {}

TranscriptAccessible::~TranscriptAccessible() {
  for (const QAccessible::Id id : std::as_const(nodes_)) QAccessible::deleteAccessibleInterface(id);
}

TranscriptView* TranscriptAccessible::view() const {
  return static_cast<TranscriptView*>(object());
}

QAccessible::State TranscriptAccessible::state() const {
  QAccessible::State state;
  if (!view()) return state;
  state.focusable = true;
  state.focused = view()->hasActiveFocus();
  state.invisible = !view()->isVisible();
  return state;
}

QString TranscriptAccessible::text(QAccessible::Text kind) const {
  return kind == QAccessible::Name ? TranscriptView::tr("Messages") : QString();
}

QRect TranscriptAccessible::rect() const {
  return view() ? on_screen(*view(), QRectF(0, 0, view()->width(), view()->height())) : QRect();
}

QWindow* TranscriptAccessible::window() const {
  return view() ? view()->window() : nullptr;
}

/// The nearest item above that counts us among its children; at the top the window.
QAccessibleInterface* TranscriptAccessible::parent() const {
  if (!view()) return nullptr;
  for (QQuickItem* item = view()->parentItem(); item; item = item->parentItem()) {
    QAccessibleInterface* above = QAccessible::queryAccessibleInterface(item);
    if (above && above->indexOfChild(this) >= 0) return above;
  }
  return QAccessible::queryAccessibleInterface(view()->window());
}

QList<QAccessibleInterface*> TranscriptAccessible::children() const {
  QList<QAccessibleInterface*> result;
  if (!view() || !view()->source()) return result;
  const std::vector<QQuickItem*> controls = view()->controls();
  int row = -1;
  std::size_t next = 0;
  // The controls stand in the order of the text: those of a message come behind it.
  const auto add_controls_before = [&](int limit) {
    for (; next < controls.size(); ++next) {
      const auto* slot = controls[next] ? controls[next]->property("slot").value<TranscriptSlot*>() : nullptr;
      if (slot && slot->row() >= limit) return;
      if (slot) result << QAccessible::queryAccessibleInterface(controls[next]);
    }
  };
  for (const SeenBlock& seen : view()->body().seen()) {
    if (seen.row == row) continue;
    add_controls_before(seen.row);
    row = seen.row;
    result << node(row, -1, -1);
  }
  add_controls_before(view()->body().count());
  result.removeAll(nullptr);
  return result;
}

QAccessibleInterface* TranscriptAccessible::child(int index) const {
  return children().value(index, nullptr);
}

int TranscriptAccessible::childCount() const {
  return static_cast<int>(children().size());
}

int TranscriptAccessible::indexOfChild(const QAccessibleInterface* child) const {
  return static_cast<int>(children().indexOf(const_cast<QAccessibleInterface*>(child)));
}

QAccessibleInterface* TranscriptAccessible::childAt(int x, int y) const {
  for (QAccessibleInterface* each : children()) {
    if (each->rect().contains(x, y)) return each;
  }
  return nullptr;
}

QAccessibleInterface* TranscriptAccessible::node(int row, int block, int part) const {
  if (nodes_.size() > most_nodes) {
    for (const QAccessible::Id id : std::as_const(nodes_)) QAccessible::deleteAccessibleInterface(id);
    nodes_.clear();
  }
  const Key key{view()->body().cell(row).message().id, block, part};
  auto found = nodes_.find(key);
  if (found == nodes_.end())
    found = nodes_.insert(key, QAccessible::registerAccessibleInterface(new Node(*this, key.message, block, part)));
  auto* result = static_cast<Node*>(QAccessible::accessibleInterface(*found));
  if (result) result->move_to(row);
  return result;
}

/// Told when other messages come into sight.
void TranscriptView::notify_accessibility() {
  if (!QAccessible::isActive() || body_.seen().empty()) return;
  const std::pair now(body_.seen().front().row, body_.seen().back().row);
  if (now == told_rows_) return;
  told_rows_ = now;
  QAccessibleEvent event(this, QAccessible::ObjectReorder);
  QAccessible::updateAccessibility(&event);
}

}  // namespace etna::gui
