#pragma once

#include <QtQml/qqmlregistration.h>
#include <QObject>

#include "gui/chat/files/chat_files_controller.h"
#include "gui/chat/search/search_controller.h"
#include "gui/chat/sidebar/sidebar_list.h"
#include "gui/chat/trash/chat_trash.h"

namespace etna::gui {

/// Keeping chats and finding them again: search, trash, files, and how the sidebar shows them.
class Archive : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("App owns the archive")
  Q_PROPERTY(etna::gui::SearchController* search READ search CONSTANT)
  Q_PROPERTY(etna::gui::ChatTrash* trash READ trash CONSTANT)
  Q_PROPERTY(etna::gui::ChatFiles* files READ files CONSTANT)
  Q_PROPERTY(etna::gui::SidebarList* sidebar READ sidebar CONSTANT)

public:
  Archive(ChatKeeper& keeper, ChatController& chats, QSettings& store, QObject* parent = nullptr)
      : QObject(parent), search_(keeper), trash_(keeper, chats), files_(keeper, chats), sidebar_(chats, store) {
    connect(&search_, &SearchController::openWanted, &chats, &ChatController::show_at);
    connect(&trash_, &ChatTrash::countChanged, &search_, &SearchController::refresh);
    connect(&chats, &ChatController::messageRemoved, &search_, &SearchController::refresh);
  }

  SearchController* search() { return &search_; }

  ChatTrash* trash() { return &trash_; }

  ChatFiles* files() { return &files_; }

  SidebarList* sidebar() { return &sidebar_; }

private:
  SearchController search_;
  ChatTrash trash_;
  ChatFiles files_;
  SidebarList sidebar_;
};

}  // namespace etna::gui
