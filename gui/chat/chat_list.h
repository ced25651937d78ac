#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>
#include <vector>

#include "gui/chat/message_list.h"

namespace etna::gui {

struct Chat {
  int id = 0;
  QString title;  ///< empty until the first message or a rename
  QString draft;  ///< typed, not sent
  bool writing = false;
  bool thinks = true;               ///< models that can choose think before they answer
  MessageList* messages = nullptr;  ///< owned by the list
};

/// The chats, newest first. They live in memory.
class ChatList : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The chat controller owns the chats")
  Q_PROPERTY(int count READ count NOTIFY countChanged)

public:
  enum Role { ChatIdRole = Qt::UserRole, TitleRole, WritingRole };

  using QAbstractListModel::QAbstractListModel;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int count() const { return rowCount(); }

  int row_of(int id) const;  ///< -1: no such chat
  Chat* find(int id);        ///< valid until the next change of the list

  const Chat& at(int row) const { return chats_.at(static_cast<std::size_t>(row)); }

  int add();
  Chat take(int row);
  void put_back(int row, Chat chat);
  void set_title(int id, const QString& title);
  void set_writing(int id, bool writing);

signals:
  void countChanged();

private:
  void announce(int id, int role);

  std::vector<Chat> chats_;
  int last_id_ = 0;
};

/// The first six words of a message, on one line.
QString title_from(const QString& message);

}  // namespace etna::gui
