#include "gui/transcript/control_pool.h"

#include <QQmlEngine>
#include <QQuickWindow>
#include <algorithm>

namespace etna::gui {

ControlPool::~ControlPool() {
  clear();
}

void ControlPool::clear() {
  for (const auto& control : controls_) delete control->item;
  controls_.clear();
  order_.clear();
}

void ControlPool::set_component(MessageBlock::Kind kind, QQmlComponent* component) {
  components_.insert(static_cast<int>(kind), component);
}

QQmlComponent* ControlPool::component(MessageBlock::Kind kind) const {
  return components_.value(static_cast<int>(kind));
}

void ControlPool::begin() {
  ++round_;
  order_.clear();
}

/// First the one that stood for the same block, then any that is free.
ControlPool::Control* ControlPool::find(const TranscriptSlot::Values& values) {
  Control* free = nullptr;
  for (const auto& control : controls_) {
    if (control->kind != values.kind || control->round == round_) continue;
    const TranscriptSlot::Values& shown = control->slot->values();
    if (shown.message.id == values.message.id && shown.block == values.block) return control.get();
    if (!control->used && !free) free = control.get();
  }
  return free;
}

ControlPool::Control* ControlPool::make(const TranscriptSlot::Values& values) {
  const MessageBlock::Kind kind = values.kind;
  QQmlComponent* source = component(kind);
  if (!source) return nullptr;
  auto* slot = new TranscriptSlot;
  slot->show(values);
  QQmlEngine::setObjectOwnership(slot, QQmlEngine::CppOwnership);
  QObject* object = source->createWithInitialProperties({{QStringLiteral("slot"), QVariant::fromValue(slot)}},
                                                        source->creationContext());
  auto* item = qobject_cast<QQuickItem*>(object);
  if (!item) {
    qWarning("A control of the transcript can't be made: %s", qUtf8Printable(source->errorString()));
    delete object;
    delete slot;
    return nullptr;
  }
  QQmlEngine::setObjectOwnership(item, QQmlEngine::CppOwnership);
  slot->setParent(item);
  item->setParent(&view_);
  item->setParentItem(&view_);
  QObject::connect(item, &QQuickItem::implicitHeightChanged, &view_, [view = &view_] { view->polish(); });
  controls_.push_back(std::make_unique<Control>(Control{kind, item, slot}));
  return controls_.back().get();
}

QQuickItem* ControlPool::show(const TranscriptSlot::Values& values) {
  Control* control = find(values);
  if (!control) control = make(values);
  if (!control) return nullptr;
  control->round = round_;
  control->used = true;
  control->slot->show(values);
  control->item->setVisible(true);
  if (!order_.empty() && order_.back()->item) {
    // Among siblings the later one comes later with Tab, too.
    const QList<QQuickItem*> siblings = view_.childItems();
    if (siblings.indexOf(control->item) < siblings.indexOf(order_.back()->item))
      control->item->stackAfter(order_.back()->item);
  }
  order_.push_back(control);
  return control->item;
}

void ControlPool::end() {
  for (const auto& control : controls_) {
    if (control->round == round_ || !control->used) continue;
    control->used = false;
    // The focus stays in the transcript.
    if (control->item->hasActiveFocus() || control->item->isFocusScope()) {
      QQuickItem* focus = view_.window() ? view_.window()->activeFocusItem() : nullptr;
      if (focus && (focus == control->item || control->item->isAncestorOf(focus)))
        view_.forceActiveFocus(Qt::OtherFocusReason);
    }
    control->item->setVisible(false);
  }
}

std::vector<QQuickItem*> ControlPool::items() const {
  std::vector<QQuickItem*> items;
  for (const Control* control : order_) items.push_back(control->item);
  return items;
}

}  // namespace etna::gui
