#pragma once

#include <QAbstractListModel>
#include <QDateTime>
#include <QtQml/qqmlregistration.h>
#include <vector>

#include "gui/chat/message_list.h"

namespace etna::gui {

struct Chat {
  quint64 id = 0;
  QString title;                    ///< empty until the first message or a rename
  QDateTime created;
  QString draft;                    ///< typed, not sent
  bool writing = false;
  MessageList* messages = nullptr;  ///< owned by the list
};

/// The chats, newest first. They live in memory.
class ChatList : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The chat controller owns the chats")
  Q_PROPERTY(int count READ count NOTIFY countChanged)

public:
  enum Role { ChatIdRole = Qt::UserRole, TitleRole, DayRole, WritingRole };

  using QAbstractListModel::QAbstractListModel;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int count() const { return rowCount(); }
  int row_of(quint64 id) const;  ///< -1: no such chat
  Chat* find(quint64 id);        ///< valid until the next change of the list
  const Chat& at(int row) const { return chats_.at(static_cast<std::size_t>(row)); }

  quint64 add();
  Chat take(int row);
  void put_back(int row, Chat chat);
  void set_title(quint64 id, const QString& title);
  void set_writing(quint64 id, bool writing);

signals:
  void countChanged();

private:
  void announce(quint64 id, int role);

  std::vector<Chat> chats_;
  quint64 last_id_ = 0;
};

/// The first six words of a message, on one line.
QString title_from(const QString& message);

}  // namespace etna::gui
