#pragma once

#include <QtQml/qqmlregistration.h>
#include <QAbstractListModel>
#include <QSet>
#include <QSettings>
#include <QTimer>

#include "gui/chat/chat_controller.h"

namespace etna::gui {

/// What stands in the sidebar: the chats of ChatList under their headings, each folder with a row of its own that shows
/// or hides what lies in it. Follows the chats by itself, once for all that changes at a time.
class SidebarList : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The archive owns the sidebar's rows")
  Q_PROPERTY(int currentRow READ current_row NOTIFY currentRowChanged)

public:
  /// Heading: pinned chats, a day, a month. Folder: its chats follow, unless it is collapsed.
  enum Kind { Heading, Folder, ChatRow };
  Q_ENUM(Kind)

  enum Role {
    KindRole = Qt::UserRole,
    TitleRole,
    ChatIdRole,       ///< 0: no chat
    FolderIndexRole,  ///< of ChatList::folderNames, of a folder and of what lies in it; -1: none
    CountRole,        ///< chats of a folder
    CollapsedRole,
    WritingRole,
    PinnedRole,
    TemporaryRole
  };

  /// `store` keeps which folders are collapsed; all outlive this.
  SidebarList(ChatController& controller, QSettings& store, QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  int current_row() const;  ///< of the chat that is shown; -1: it is in a collapsed folder

  // For the menu of a chat, which need not have a row.
  Q_INVOKABLE QString titleOf(int id) const;
  Q_INVOKABLE bool isPinned(int id) const;
  Q_INVOKABLE bool isTemporary(int id) const;
  Q_INVOKABLE bool isKept(int id) const;   ///< the store knows it
  Q_INVOKABLE int folderOf(int id) const;  ///< of ChatList::folderNames; -1: none

  Q_INVOKABLE void toggleFolder(int index);
  Q_INVOKABLE void reveal(int id);  ///< opens the folder that a chat lies in, at once

signals:
  void currentRowChanged();

private:
  struct Row {
    Kind kind;
    qint64 key;  ///< id of the chat or the folder; 0: a heading
    QString heading;
    bool operator==(const Row&) const = default;
  };

  std::vector<Row> rows_now() const;
  void update_later();
  void update();
  void announce(const QModelIndex& from, const QModelIndex& to);
  const Chat* chat_of(const Row& row) const;
  const Chat* chat_with(int id) const;
  int folder_index(chats::FolderId folder) const;
  int chats_in(chats::FolderId folder) const;

  ChatController& controller_;
  ChatList& chats_;
  QSettings& store_;
  QSet<qint64> collapsed_;
  std::vector<Row> rows_;
  QTimer turn_;
};

}  // namespace etna::gui
