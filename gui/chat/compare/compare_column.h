#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QString>

#include "gui/chat/message_list.h"
#include "gui/chat/store/chat_records.h"
#include "gui/chat/text_inbox.h"
#include "gui/errors/problem.h"

namespace etna::gui {

/// Who is to answer: a model, with or without a fine-tuned change.
struct CompareTarget {
  QString path;     ///< as the library knows it; empty: the starter
  QString adapter;  ///< folder; empty: none

  friend bool operator==(const CompareTarget&, const CompareTarget&) = default;
};

/// One side of a comparison: a target, what it was asked and answered, and how that went.
class CompareColumn : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("A comparison owns its columns")
  Q_PROPERTY(QString name READ name NOTIFY targetChanged)
  Q_PROPERTY(QString adapterName READ adapter_name NOTIFY targetChanged)
  Q_PROPERTY(State state READ state NOTIFY changed)
  Q_PROPERTY(QString stateText READ state_text NOTIFY changed)
  Q_PROPERTY(QString statistics READ statistics NOTIFY changed)
  Q_PROPERTY(etna::gui::Problem problem READ problem NOTIFY changed)
  Q_PROPERTY(etna::gui::MessageList* messages READ messages CONSTANT)
  Q_PROPERTY(bool canKeep READ can_keep NOTIFY changed)
  Q_PROPERTY(bool kept READ kept NOTIFY changed)

public:
  enum State { Idle, Waiting, Loading, Reading, Writing, Done, Broken };
  Q_ENUM(State)

  explicit CompareColumn(QObject* parent = nullptr) : QObject(parent), messages_(this) {}

  const CompareTarget& target() const { return target_; }

  void set_target(const CompareTarget& target);

  QString name() const;          ///< "Qwen3-4B"; with its change, "Qwen3-4B with legal-tone"
  QString adapter_name() const;  ///< empty: none

  State state() const { return state_; }

  QString state_text() const;  ///< "Loading 42 %", "Waits for the other answer"; empty where the text speaks for itself

  QString statistics() const;

  const Problem& problem() const { return problem_; }

  MessageList* messages() { return &messages_; }

  bool can_keep() const { return state_ == Done && !kept_ && answer_row() >= 0; }

  bool kept() const { return kept_; }

  // For the comparison.
  void ask(const QString& text, const AttachedFiles& files, chats::MessageId answer);
  void set_state(State state);
  void set_progress(double share);
  void take(const ReplyPieces& pieces);
  void end(const RunStatistics& statistics);
  void fail(const Problem& problem);
  void set_kept(bool kept);
  void clear();

  int answer_row() const { return messages_.last_reply(); }

  chats::MessageId answer() const { return answer_; }  ///< in the store; 0: it is not kept there

signals:
  void targetChanged();
  void changed();

private:
  CompareTarget target_;
  MessageList messages_;
  State state_ = Idle;
  Problem problem_;
  double progress_ = 0;
  bool kept_ = false;
  chats::MessageId answer_ = 0;
};

}  // namespace etna::gui
