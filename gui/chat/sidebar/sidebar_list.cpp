#include "gui/chat/sidebar/sidebar_list.h"

#include <algorithm>

namespace etna::gui {
namespace {

const QString collapsed_key = QStringLiteral("chats/collapsedFolders");

}  // namespace

SidebarList::SidebarList(ChatController& controller, QSettings& store, QObject* parent)
    : QAbstractListModel(parent), controller_(controller), chats_(*controller.chats()), store_(store) {
  for (const QString& id : store_.value(collapsed_key).toStringList()) collapsed_.insert(id.toLongLong());
  turn_.setSingleShot(true);
  turn_.setInterval(0);
  connect(&turn_, &QTimer::timeout, this, &SidebarList::update);
  for (auto happened : {&ChatList::rowsInserted, &ChatList::rowsRemoved})
    connect(&chats_, happened, this, &SidebarList::update_later);
  connect(&chats_, &ChatList::rowsMoved, this, &SidebarList::update_later);
  connect(&chats_, &ChatList::foldersChanged, this, &SidebarList::update_later);
  connect(&chats_, &ChatList::dataChanged, this, &SidebarList::announce);
  connect(&controller_, &ChatController::currentChanged, this, &SidebarList::currentRowChanged);
  rows_ = rows_now();
}

int SidebarList::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

const Chat* SidebarList::chat_of(const Row& row) const {
  return row.kind == ChatRow ? chat_with(static_cast<int>(row.key)) : nullptr;
}

const Chat* SidebarList::chat_with(int id) const {
  const int row = chats_.row_of(id);
  return row < 0 ? nullptr : &chats_.at(row);
}

QString SidebarList::titleOf(int id) const {
  return chat_with(id) ? chats_.data(chats_.index(chats_.row_of(id)), ChatList::TitleRole).toString() : QString();
}

bool SidebarList::isPinned(int id) const {
  const Chat* chat = chat_with(id);
  return chat && chat->pinned;
}

bool SidebarList::isTemporary(int id) const {
  const Chat* chat = chat_with(id);
  return chat && chat->temporary;
}

bool SidebarList::isKept(int id) const {
  const Chat* chat = chat_with(id);
  return chat && chat->saved;
}

int SidebarList::folderOf(int id) const {
  const Chat* chat = chat_with(id);
  return chat ? folder_index(chat->folder) : -1;
}

int SidebarList::folder_index(chats::FolderId folder) const {
  const auto found = std::ranges::find(chats_.folders(), folder, &chats::Folder::id);
  return found == chats_.folders().end() ? -1 : static_cast<int>(found - chats_.folders().begin());
}

int SidebarList::chats_in(chats::FolderId folder) const {
  int count = 0;
  for (int row = 0; row < chats_.count(); ++row) count += !chats_.at(row).pinned && chats_.at(row).folder == folder;
  return count;
}

QVariant SidebarList::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Row& row = rows_[static_cast<std::size_t>(index.row())];
  const Chat* chat = chat_of(row);
  const auto of_chat = [&](ChatList::Role wanted) {
    return chat ? chats_.data(chats_.index(chats_.row_of(chat->id)), wanted) : QVariant();
  };
  switch (role) {
    case KindRole: return row.kind;
    case TitleRole: return row.kind == ChatRow ? of_chat(ChatList::TitleRole).toString() : row.heading;
    case ChatIdRole: return chat ? chat->id : 0;
    case FolderIndexRole:
      return row.kind == Folder ? folder_index(row.key) : chat && !chat->pinned ? folder_index(chat->folder) : -1;
    case CountRole: return row.kind == Folder ? chats_in(row.key) : 0;
    case CollapsedRole: return row.kind == Folder && collapsed_.contains(row.key);
    case WritingRole: return chat && chat->writing;
    case PinnedRole: return chat && chat->pinned;
    case TemporaryRole: return chat && chat->temporary;
    default: return {};
  }
}

QHash<int, QByteArray> SidebarList::roleNames() const {
  return {{KindRole, "kind"},          {TitleRole, "title"},
          {ChatIdRole, "chatId"},      {FolderIndexRole, "folderIndex"},
          {CountRole, "count"},        {CollapsedRole, "collapsed"},
          {WritingRole, "writing"},    {PinnedRole, "pinned"},
          {TemporaryRole, "temporary"}};
}

/// The chats are in order already: pinned ones, folders, days. Folders without chats stand in their places, too.
std::vector<SidebarList::Row> SidebarList::rows_now() const {
  std::vector<Row> rows;
  const auto& folders = chats_.folders();
  std::size_t next_folder = 0;
  const auto add_folders = [&](std::size_t to) {
    for (; next_folder < to; ++next_folder)
      rows.push_back({Folder, folders[next_folder].id, QString::fromStdString(folders[next_folder].name)});
  };
  QString heading;
  for (int i = 0; i < chats_.count(); ++i) {
    const Chat& chat = chats_.at(i);
    const int folder = chat.pinned ? -1 : folder_index(chat.folder);
    if (folder >= 0) {
      add_folders(static_cast<std::size_t>(folder) + 1);
      if (collapsed_.contains(chat.folder)) continue;
    } else {
      const QString group = chats_.data(chats_.index(i), ChatList::GroupRole).toString();
      if (!chat.pinned) add_folders(folders.size());
      if (group != heading) rows.push_back({Heading, 0, group});
      heading = group;
    }
    rows.push_back({ChatRow, chat.id, {}});
  }
  add_folders(folders.size());
  return rows;
}

void SidebarList::update_later() {
  if (!turn_.isActive()) turn_.start();
}

/// Rows that stay keep their items: nothing flickers, and what has the focus keeps it.
void SidebarList::update() {
  turn_.stop();
  const std::vector<Row> wanted = rows_now();
  const auto names_of = [](const std::vector<Row>& rows) {
    QSet<std::pair<qint64, QString>> names;
    for (const Row& row : rows) names.insert({row.key, row.heading});
    return names;
  };
  const auto stays = names_of(wanted);
  for (int row = rowCount() - 1; row >= 0; --row) {
    const Row& old = rows_[static_cast<std::size_t>(row)];
    if (stays.contains({old.key, old.heading})) continue;
    beginRemoveRows({}, row, row);
    rows_.erase(rows_.begin() + row);
    endRemoveRows();
  }
  const auto there = names_of(rows_);
  const auto is_new = [&](const Row& row) { return !there.contains({row.key, row.heading}); };
  for (std::size_t row = 0; row < wanted.size(); ++row) {
    if (row < rows_.size() && rows_[row] == wanted[row]) continue;
    const auto at = static_cast<int>(row);
    const auto found = is_new(wanted[row]) ? rows_.end() : std::find(rows_.begin() + at, rows_.end(), wanted[row]);
    if (found != rows_.end()) {
      const auto from = static_cast<int>(found - rows_.begin());
      beginMoveRows({}, from, from, {}, at);
      std::rotate(rows_.begin() + at, found, found + 1);
      endMoveRows();
      continue;
    }
    // What is new comes in one piece as long as it is: a thousand chats at the start, for one.
    auto end = row + 1;
    while (end < wanted.size() && is_new(wanted[end])) ++end;
    beginInsertRows({}, at, static_cast<int>(end) - 1);
    rows_.insert(rows_.begin() + at, wanted.begin() + at, wanted.begin() + static_cast<std::ptrdiff_t>(end));
    endInsertRows();
    row = end - 1;
  }
  if (!rows_.empty())
    emit dataChanged(index(0), index(rowCount() - 1), {FolderIndexRole, CountRole, CollapsedRole, PinnedRole});
  emit currentRowChanged();
}

void SidebarList::announce(const QModelIndex& from, const QModelIndex& to) {
  for (int at = from.row(); at <= to.row(); ++at) {
    const auto row = std::ranges::find(rows_, Row{ChatRow, chats_.at(at).id, {}});
    if (row == rows_.end()) continue;
    const QModelIndex here = index(static_cast<int>(row - rows_.begin()));
    emit dataChanged(here, here);
  }
  update_later();  // its group may be another
}

int SidebarList::current_row() const {
  const auto row = std::ranges::find(rows_, Row{ChatRow, controller_.current_id(), {}});
  return row == rows_.end() ? -1 : static_cast<int>(row - rows_.begin());
}

void SidebarList::toggleFolder(int index) {
  if (index < 0 || index >= std::ssize(chats_.folders())) return;
  const qint64 id = chats_.folders()[static_cast<std::size_t>(index)].id;
  if (!collapsed_.remove(id)) collapsed_.insert(id);
  QStringList kept;
  for (const chats::Folder& folder : chats_.folders()) {
    if (collapsed_.contains(folder.id)) kept << QString::number(folder.id);
  }
  store_.setValue(collapsed_key, kept);
  update();
}

void SidebarList::reveal(int id) {
  const int row = chats_.row_of(id);
  if (row >= 0 && !chats_.at(row).pinned && collapsed_.contains(chats_.at(row).folder))
    toggleFolder(folder_index(chats_.at(row).folder));
  update();
}

}  // namespace etna::gui
