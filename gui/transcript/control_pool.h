#pragma once

#include <QPointer>
#include <QQmlComponent>
#include <QQuickItem>
#include <functional>
#include <vector>

#include "gui/transcript/transcript_slot.h"

namespace etna::gui {

/// The controls of the blocks in sight: items made from QML components, used again and again. Their order among the
/// view's children is that of the text, so Tab goes through them as one reads.
class ControlPool {
public:
  explicit ControlPool(QQuickItem& view) : view_(view) {}

  ~ControlPool();

  void set_component(MessageBlock::Kind kind, QQmlComponent* component);

  void begin();

  /// The item that stands for these values; null: their kind has no component.
  QQuickItem* show(const TranscriptSlot::Values& values);

  /// Puts away what was not shown since begin().
  void end();

  /// Those in use, in the order of the text.
  std::vector<QQuickItem*> items() const;

  void clear();

private:
  struct Control {
    MessageBlock::Kind kind;
    QPointer<QQuickItem> item;
    TranscriptSlot* slot;
    bool used = false;
    quint64 round = 0;
  };

  Control* find(const TranscriptSlot::Values& values);
  Control* make(const TranscriptSlot::Values& values);
  QQmlComponent* component(MessageBlock::Kind kind) const;

  QQuickItem& view_;
  QHash<int, QPointer<QQmlComponent>> components_;
  std::vector<std::unique_ptr<Control>> controls_;
  std::vector<Control*> order_;
  quint64 round_ = 0;
};

}  // namespace etna::gui
