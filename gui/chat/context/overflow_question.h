#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <optional>

#include "engine/engine.h"
#include "gui/chat/chat_controller.h"
#include "gui/jobs/background.h"
#include "gui/models/estimator.h"
#include "gui/models/library_controller.h"

namespace etna::gui {

/// What can be done about a chat that is longer than the model's context: a larger context, by the estimate that admits
/// loads, or leaving the oldest turns out. Asked before anything is evaluated; the reply waits meanwhile.
class OverflowQuestion : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The inspector owns it")
  Q_PROPERTY(bool asking READ asking NOTIFY changed)
  Q_PROPERTY(bool looking READ looking NOTIFY changed)
  Q_PROPERTY(QString body READ body NOTIFY changed)
  Q_PROPERTY(QString growText READ grow_text NOTIFY changed)
  Q_PROPERTY(QString growNote READ grow_note NOTIFY changed)
  Q_PROPERTY(QString leaveText READ leave_text NOTIFY changed)

public:
  OverflowQuestion(Engine& engine, ChatController& chats, LibraryController& library, QObject* parent = nullptr);

  bool asking() const { return needed_ > 0; }

  bool looking() const { return looking_ > 0; }  ///< ways out are still looked for

  QString body() const;        ///< "It needs 9 300 tokens; 8 192 fit. Choose what to do:"
  QString grow_text() const;   ///< "Make it 16 384 (+0.9 GiB, fits)"; empty: no larger context is possible
  QString grow_note() const;   ///< why not; empty: it is
  QString leave_text() const;  ///< "Leave out the 6 oldest turns"; empty: that does not help

  Q_INVOKABLE void grow();
  Q_INVOKABLE void leaveOut();
  Q_INVOKABLE void cancel();

  /// Ends what is looked for; the engine may go afterwards.
  void shut_down() { background_.stop(); }

signals:
  void changed();

private:
  void look();
  void look_for_turns();
  void ask_size(const QString& key, std::uint64_t tokens, Estimator::Answer take);
  void look_for_size(std::uint64_t tokens);
  void take_size(const std::optional<LoadEstimate>& larger);
  void found();
  QString path() const;

  Engine& engine_;
  ChatController& chats_;
  LibraryController& library_;
  std::uint64_t needed_ = 0, size_ = 0;  ///< tokens; 0: nothing is asked
  std::uint64_t turns_ = 0;              ///< that would be left out; 0: that does not help
  std::uint64_t larger_ = 0;             ///< tokens of a context that fits; 0: none does
  std::uint64_t trained_ = 0;
  std::optional<std::uint64_t> now_bytes_, larger_bytes_;
  int looking_ = 0;
  quint64 round_ = 0;         ///< answers to earlier questions are of no interest
  Background background_{1};  // last: its thread runs as soon as it is made
};

}  // namespace etna::gui
