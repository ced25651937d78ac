#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>
#include <optional>
#include <vector>

#include "engine/session/messages.h"
#include "gui/chat/store/chat_records.h"
#include "gui/errors/problem.h"

namespace etna::gui {

/// The messages of one chat, oldest first.
class MessageList : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("Chats own their messages")
  Q_PROPERTY(int count READ count NOTIFY countChanged)

public:
  enum Sender { User, Model };
  Q_ENUM(Sender)

  /// Interrupted: the program ended while it was written. Unreadable: the store could not read it.
  enum State { Waiting, Reading, Writing, Done, Broken, Interrupted, Unreadable };
  Q_ENUM(State)

  enum Role {
    SenderRole = Qt::UserRole,
    TextRole,
    StateRole,
    StatisticsRole,
    ProblemRole,
    LastRole,
    ModelNameRole,
    ThinkingRole,
    ThinkingTitleRole,
    ThinkingOpenRole,
    ToolNamesRole,
    ToolArgumentsRole,
    NoticeRole,
    VersionRole,
    VersionsRole
  };

  struct Message {
    Sender sender = User;
    QString text;  ///< as written
    State state = Done;
    QString model_name;  ///< who replied
    std::optional<RunStatistics> statistics;
    Problem problem;        ///< of a broken reply
    QString thinking = {};  ///< what led to the text; plain
    double thinking_seconds = 0;
    bool thinks_now = false;
    bool thinking_open = false;  ///< a person wants to read it
    std::vector<ToolCall> tool_calls = {};
    QString notice = {};          ///< what is not as it should be in the reply
    chats::MessageId stored = 0;  ///< for the store
    chats::MessageId parent = 0;  ///< what it follows, in the store
    int version = 1;              ///< of so many
    int versions = 1;
    std::uint64_t serial = 0;  ///< given by the list: no other message of it ever has it
  };

  using QAbstractListModel::QAbstractListModel;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int count() const { return rowCount(); }

  const Message& at(int row) const { return messages_.at(static_cast<std::size_t>(row)); }

  int add(Sender sender, const QString& text, State state, const QString& model_name = {});
  void set_place(int row, chats::MessageId stored, chats::MessageId parent, int version, int versions);
  void append_text(int row, const QString& piece);
  void append_thinking(int row, const QString& piece);
  void set_thinking_time(int row, double seconds, bool thinks_now);
  void add_tool_call(int row, const ToolCall& call);
  void add_notice(int row, const QString& sentence);
  void set_state(int row, State state);
  void set_statistics(int row, const std::optional<RunStatistics>& statistics);
  void set_problem(int row, const Problem& problem);
  void remove_from(int row);

  /// Shows other messages from a row on.
  void replace_from(int row, std::vector<Message> messages);

  /// What the model is asked: every message before `row` that says something.
  std::vector<ChatMessage> request_before(int row) const;

  /// Row of the last reply, -1 without one.
  int last_reply() const;

  Q_INVOKABLE void setThinkingOpen(int row, bool open);

signals:
  void countChanged();
  void grown();  ///< text was added to a message

private:
  void announce(int row, const QList<int>& roles);

  std::vector<Message> messages_;
  std::uint64_t last_serial_ = 0;
};

}  // namespace etna::gui
