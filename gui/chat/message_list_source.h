#pragma once

#include <QtQml/qqmlregistration.h>
#include <QPointer>
#include <QVector>

#include "gui/chat/chat_controller.h"
#include "gui/chat/message_list.h"
#include "gui/transcript/transcript_source.h"

namespace etna::gui {

/// A MessageList as the transcript reads it, and the controller that does what a person wants done with a message.
class MessageListSource : public etna::gui::TranscriptSource {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(etna::gui::MessageList* messages READ messages WRITE set_messages NOTIFY messagesChanged)
  Q_PROPERTY(etna::gui::ChatController* controller MEMBER controller_)

public:
  explicit MessageListSource(QObject* parent = nullptr) : TranscriptSource(parent) {}

  MessageList* messages() const { return messages_; }

  void set_messages(MessageList* messages);

  int count() const override { return static_cast<int>(sizes_.size()); }

  TranscriptMessage message(int row) const override;
  int size_hint(int row) const override;
  TranscriptMessage::Role role(int row) const override;
  void act(int row, int action) override;

signals:
  void messagesChanged();

private:
  /// What of a message was already told.
  struct Told {
    qint64 id = 0;
    qsizetype text = 0;
    qsizetype thinking = 0;
    bool ended = false;
  };

  QString divider() const;
  Told told_of(int row);
  void take(int row, const QList<int>& roles);
  void restart();

  QPointer<MessageList> messages_;
  ChatController* controller_ = nullptr;
  QVector<Told> sizes_;
  qint64 last_id_ = 0;
};

}  // namespace etna::gui
