#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>
#include <QStringList>
#include <vector>

#include "gui/chat/attachments/attachment_list.h"
#include "gui/chat/message_list.h"
#include "gui/chat/queue/queue_list.h"
#include "gui/chat/store/chat_records.h"

namespace etna::gui {

struct Chat {
  int id = 0;                ///< for the screens
  chats::ChatId stored = 0;  ///< for the store
  QString title;             ///< empty until the first message or a rename
  QString draft;             ///< typed, not sent
  bool writing = false;
  bool saved = false;      ///< the store knows it
  bool loaded = true;      ///< its messages are here
  bool temporary = false;  ///< never saved
  bool pinned = false;
  chats::FolderId folder = 0;
  chats::Time changed = 0;  ///< the last message
  chats::ChatSettings settings;
  MessageList* messages = nullptr;  ///< owned by the list, as the next two
  AttachmentList* attachments = nullptr;  ///< of the draft
  QueueList* queue = nullptr;
  bool drafts_known = true;  ///< those two have what the store has
};

/// The chats: pinned ones, those in folders, then the others; in each group the last changed first.
class ChatList : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The chat controller owns the chats")
  Q_PROPERTY(int count READ count NOTIFY countChanged)
  Q_PROPERTY(QStringList folderNames READ folder_names NOTIFY foldersChanged)

public:
  enum Role { ChatIdRole = Qt::UserRole, TitleRole, WritingRole, PinnedRole, GroupRole, TemporaryRole };

  using QAbstractListModel::QAbstractListModel;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int count() const { return rowCount(); }

  int row_of(int id) const;  ///< -1: no such chat
  Chat* find(int id);        ///< valid until the next change of the list

  const Chat& at(int row) const { return chats_.at(static_cast<std::size_t>(row)); }

  int add(chats::ChatId stored = 0);
  int add_stored(const chats::ChatSummary& summary);
  Chat take(int row);
  void put_back(int row, Chat chat);
  void set_title(int id, const QString& title);
  void set_writing(int id, bool writing);
  void set_pinned(int id, bool pinned);
  void set_folder(int id, chats::FolderId folder);
  void touch(int id);  ///< it has a new message: it moves up

  const std::vector<chats::Folder>& folders() const { return folders_; }

  void set_folders(std::vector<chats::Folder> folders);
  QStringList folder_names() const;

signals:
  void countChanged();
  void foldersChanged();
  void filesChanged(int id);  ///< of a chat's draft
  void filesCounted(int id);
  void queueChanged(int id);
  void queueFreed(int id);  ///< nothing in it is being changed any more

private:
  void make_lists(Chat& chat);
  std::pair<int, chats::Time> order(const Chat& chat) const;
  int place_for(const Chat& chat) const;
  QString group(const Chat& chat) const;
  void move_to_place(int id);
  void announce(int id, int role);

  std::vector<Chat> chats_;
  std::vector<chats::Folder> folders_;  ///< in the order they are shown
  int last_id_ = 0;
};

/// The first six words of a message, on one line.
QString title_from(const QString& message);

/// "Today", "Yesterday", "Previous 7 days", "March", "March 2024".
QString day_group(chats::Time moment, chats::Time now);

}  // namespace etna::gui
