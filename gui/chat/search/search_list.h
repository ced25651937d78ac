#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>

#include "gui/chat/store/chat_records.h"

namespace etna::gui {

/// What was found, chat by chat: a row for each chat, below it one for each message.
class SearchList : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The search owns what it found")
  Q_PROPERTY(int count READ count NOTIFY countChanged)

public:
  enum Role {
    HeadRole = Qt::UserRole,  ///< the row is a chat's
    MarkedRole,               ///< title or excerpt as rich text, what matches in <b>
    PlainRole,                ///< the same without marks
    WhoRole,                  ///< "You", "Reply" of a message
    DateRole,
    TrashedRole,
    ChoosableRole  ///< a message, or a chat of which only the title matches
  };

  using QAbstractListModel::QAbstractListModel;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int count() const { return rowCount(); }

  void show(chats::SearchResults results);

  const chats::SearchResults& results() const { return results_; }

  /// The chat of a row and, of a message's row, the message.
  std::pair<const chats::SearchGroup*, const chats::SearchHit*> at(int row) const;

  /// The next row that can be chosen, up (-1) or down (1); the same one where there is none. From -1: the first.
  Q_INVOKABLE int next(int row, int step) const;

signals:
  void countChanged();

private:
  /// Places in the results; hit -1: the chat itself.
  struct Row {
    int group;
    int hit;
  };

  bool choosable(const Row& row) const;

  chats::SearchResults results_;
  std::vector<Row> rows_;
};

/// Rich text of an excerpt, which may hold anything: what matches stands in <b>. What comes long before the first match
/// is left out, so that the match is in sight.
QString marked_text(const chats::Excerpt& excerpt);

}  // namespace etna::gui
