#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>
#include <QString>

#include "gui/chat/chat_keeper.h"
#include "gui/chat/search/search_list.h"

namespace etna::gui {

/// Full-text search over all chats. The store searches on its thread; one question is under way at a time, and what is
/// typed meanwhile is asked when its answer is there. Only the answer to what is typed now is shown.
class SearchController : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The archive owns the search")
  Q_PROPERTY(etna::gui::SearchList* results READ results CONSTANT)
  Q_PROPERTY(QString text READ text WRITE set_text NOTIFY textChanged)
  Q_PROPERTY(bool trashToo READ trash_too WRITE set_trash_too NOTIFY trashTooChanged)
  Q_PROPERTY(State state READ state NOTIFY changed)
  Q_PROPERTY(QString summary READ summary NOTIFY changed)
  Q_PROPERTY(QString answered READ answered NOTIFY changed)

public:
  /// Idle: nothing is typed. Searching: the first answer is on its way.
  enum State { Idle, Searching, Found, Nothing, Failed };
  Q_ENUM(State)

  explicit SearchController(ChatKeeper& keeper, QObject* parent = nullptr);

  SearchList* results() { return &results_; }

  const QString& text() const { return text_; }

  void set_text(const QString& text);

  bool trash_too() const { return trash_too_; }

  void set_trash_too(bool trash_too);

  State state() const { return state_; }

  /// "12 messages in 3 chats", "The newest 200 messages, in 31 chats", or why the search failed.
  QString summary() const;

  /// The words that the results are of.
  const QString& answered() const { return answered_; }

  Q_INVOKABLE void open(int row);
  Q_INVOKABLE void refresh();  ///< chats came or went

signals:
  void textChanged();
  void trashTooChanged();
  void changed();
  /// Message 0: the chat as it is. `words`: as they stand in the message.
  void openWanted(qint64 chat, qint64 message, const QString& words);
  void trashWanted(qint64 chat);  ///< what was found lies there

private:
  void ask();
  void take(const chats::Outcome<chats::SearchResults>& outcome);

  ChatKeeper& keeper_;
  SearchList results_;
  QString text_;
  QString answered_;
  QString failure_;
  bool trash_too_ = false;
  bool asking_ = false;     ///< an answer is on its way
  bool ask_again_ = false;  ///< and is out of date
  State state_ = Idle;
};

}  // namespace etna::gui
