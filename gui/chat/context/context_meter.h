#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QTimer>
#include <optional>

#include "engine/engine.h"
#include "gui/chat/chat_controller.h"
#include "gui/chat/context/context_parts.h"
#include "gui/jobs/background.h"
#include "gui/plot/segment_list.h"

namespace etna::gui {

/// How much of the model's context the chat that is shown takes, and what takes it. Counted by the engine on a thread
/// of its own, a moment after something changed; of what is typed only while somebody looks.
class ContextMeter : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The inspector owns it")
  Q_PROPERTY(bool known READ known NOTIFY changed)
  Q_PROPERTY(double used READ used NOTIFY changed)
  Q_PROPERTY(QString text READ text NOTIFY changed)
  Q_PROPERTY(QString note READ note NOTIFY changed)
  Q_PROPERTY(etna::gui::SegmentList* segments READ segments CONSTANT)
  Q_PROPERTY(etna::gui::ContextParts* parts READ parts CONSTANT)
  Q_PROPERTY(int policy READ policy WRITE set_policy NOTIFY policyChanged)
  Q_PROPERTY(bool watched READ watched WRITE set_watched NOTIFY watchedChanged)

public:
  ContextMeter(Engine& engine, ChatController& chats, LibraryController& library, QObject* parent = nullptr);

  bool known() const { return use_.has_value(); }

  double used() const;   ///< 0 to 1
  QString text() const;  ///< "6 120 of 8 192 tokens"
  QString note() const;  ///< what the next message would do; empty: it fits

  SegmentList* segments() { return &segments_; }

  ContextParts* parts() { return &parts_; }

  int policy() const;  ///< 0: stop and ask, 1: drop the oldest turns, 2: drop the middle
  void set_policy(int policy);

  bool watched() const { return watched_; }  ///< somebody looks at the parts

  void set_watched(bool watched);

  /// Ends what is counted; the engine may go afterwards.
  void shut_down() { background_.stop(); }

signals:
  void changed();
  void policyChanged();
  void watchedChanged();

private:
  void count();
  void take(const std::optional<ContextUse>& use);

  Engine& engine_;
  ChatController& chats_;
  LibraryController& library_;
  std::optional<ContextUse> use_;
  SegmentList segments_;
  ContextParts parts_;
  bool watched_ = false;
  int chat_ = 0;  ///< that was measured
  QTimer pause_;
  Background background_{1};  // last: its thread runs as soon as it is made
};

}  // namespace etna::gui
