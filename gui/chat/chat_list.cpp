#include "gui/chat/chat_list.h"

#include <QDateTime>
#include <QLocale>
#include <QRegularExpression>
#include <algorithm>
#include <limits>

namespace etna::gui {
namespace {

constexpr int title_words = 6;
constexpr int title_characters = 60;

}  // namespace

QString title_from(const QString& message) {
  static const QRegularExpression space(QStringLiteral("\\s+"));
  const QStringList words = message.left(1000).split(space, Qt::SkipEmptyParts);
  QString title = words.mid(0, title_words).join(u' ');
  const bool cut = words.size() > title_words || title.size() > title_characters;
  title.truncate(title_characters);
  return cut ? title + u'…' : title;
}

QString day_group(chats::Time moment, chats::Time now) {
  const QDate day = QDateTime::fromMSecsSinceEpoch(moment).date();
  const QDate today = QDateTime::fromMSecsSinceEpoch(now).date();
  const qint64 days = day.daysTo(today);
  if (days <= 0) return ChatList::tr("Today");
  if (days == 1) return ChatList::tr("Yesterday");
  if (days <= 7) return ChatList::tr("Previous 7 days");
  const QString month = QLocale().standaloneMonthName(day.month());
  return day.year() == today.year() ? month : ChatList::tr("%1 %2", "month, year").arg(month).arg(day.year());
}

int ChatList::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(chats_.size());
}

QVariant ChatList::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Chat& chat = at(index.row());
  switch (role) {
    case ChatIdRole: return chat.id;
    case TitleRole: return !chat.title.isEmpty() ? chat.title : chat.temporary ? tr("Temporary chat") : tr("New chat");
    case WritingRole: return chat.writing;
    case PinnedRole: return chat.pinned;
    case GroupRole: return group(chat);
    case TemporaryRole: return chat.temporary;
    default: return {};
  }
}

QHash<int, QByteArray> ChatList::roleNames() const {
  return {{ChatIdRole, "chatId"}, {TitleRole, "title"}, {WritingRole, "writing"},
          {PinnedRole, "pinned"}, {GroupRole, "group"}, {TemporaryRole, "temporary"}};
}

int ChatList::row_of(int id) const {
  const auto found = std::ranges::find(chats_, id, &Chat::id);
  return found == chats_.end() ? -1 : static_cast<int>(found - chats_.begin());
}

Chat* ChatList::find(int id) {
  const int row = row_of(id);
  return row < 0 ? nullptr : &chats_.at(static_cast<std::size_t>(row));
}

int ChatList::add(chats::ChatId stored) {
  Chat chat;
  chat.id = ++last_id_;
  chat.stored = stored;
  chat.changed = QDateTime::currentMSecsSinceEpoch();
  make_lists(chat);
  const int row = place_for(chat);
  put_back(row, std::move(chat));
  return last_id_;
}

void ChatList::make_lists(Chat& chat) {
  chat.drafts_known = false;
  make_lists(chat);
  chat.attachments = new AttachmentList(this);
  chat.queue = new QueueList(this);
  const int id = chat.id;
  connect(chat.attachments, &AttachmentList::changed, this, [this, id] { emit filesChanged(id); });
  connect(chat.attachments, &AttachmentList::countChanged, this, [this, id] { emit filesCounted(id); });
  connect(chat.queue, &QueueList::changed, this, [this, id] { emit queueChanged(id); });
  connect(chat.queue, &QueueList::freed, this, [this, id] { emit queueFreed(id); });
}

int ChatList::add_stored(const chats::ChatSummary& summary) {
  Chat chat;
  chat.id = ++last_id_;
  chat.stored = summary.id;
  chat.title = QString::fromStdString(summary.title);
  chat.draft = QString::fromStdString(summary.draft);
  chat.saved = true;
  chat.loaded = false;
  chat.pinned = summary.pinned.has_value();
  chat.folder = summary.folder;
  chat.changed = summary.changed;
  chat.settings = summary.settings;
  chat.messages = new MessageList(this);
  const int row = place_for(chat);
  put_back(row, std::move(chat));
  return last_id_;
}

/// Smaller comes first.
std::pair<int, chats::Time> ChatList::order(const Chat& chat) const {
  if (chat.pinned) return {0, -chat.changed};
  const auto folder = std::ranges::find(folders_, chat.folder, &chats::Folder::id);
  const auto place =
      folder == folders_.end() ? std::numeric_limits<int>::max() : static_cast<int>(folder - folders_.begin()) + 1;
  return {place, -chat.changed};
}

int ChatList::place_for(const Chat& chat) const {
  const auto found = std::ranges::find_if(
      chats_, [&](const Chat& other) { return other.id != chat.id && order(other) >= order(chat); });
  return static_cast<int>(found - chats_.begin());
}

QString ChatList::group(const Chat& chat) const {
  if (chat.pinned) return tr("Pinned");
  const auto folder = std::ranges::find(folders_, chat.folder, &chats::Folder::id);
  if (folder != folders_.end()) return QString::fromStdString(folder->name);
  return day_group(chat.changed, QDateTime::currentMSecsSinceEpoch());
}

void ChatList::move_to_place(int id) {
  const int from = row_of(id);
  if (from < 0) return;
  const int to = place_for(at(from));
  if (to != from && to != from + 1) {
    beginMoveRows({}, from, from, {}, to);
    if (to < from)
      std::rotate(chats_.begin() + to, chats_.begin() + from, chats_.begin() + from + 1);
    else
      std::rotate(chats_.begin() + from, chats_.begin() + from + 1, chats_.begin() + to);
    endMoveRows();
  }
  announce(id, GroupRole);
}

void ChatList::set_pinned(int id, bool pinned) {
  Chat* chat = find(id);
  if (!chat || chat->pinned == pinned) return;
  chat->pinned = pinned;
  announce(id, PinnedRole);
  move_to_place(id);
}

void ChatList::set_folder(int id, chats::FolderId folder) {
  Chat* chat = find(id);
  if (!chat || chat->folder == folder) return;
  chat->folder = folder;
  move_to_place(id);
}

void ChatList::touch(int id) {
  Chat* chat = find(id);
  if (!chat) return;
  chat->changed = QDateTime::currentMSecsSinceEpoch();
  move_to_place(id);
}

void ChatList::set_folders(std::vector<chats::Folder> folders) {
  folders_ = std::move(folders);
  emit foldersChanged();
  std::vector<int> ids;
  for (const Chat& chat : chats_) ids.push_back(chat.id);
  for (const int id : ids) move_to_place(id);
}

QStringList ChatList::folder_names() const {
  QStringList names;
  for (const chats::Folder& folder : folders_) names << QString::fromStdString(folder.name);
  return names;
}

Chat ChatList::take(int row) {
  beginRemoveRows({}, row, row);
  Chat chat = std::move(chats_.at(static_cast<std::size_t>(row)));
  chats_.erase(chats_.begin() + row);
  endRemoveRows();
  emit countChanged();
  return chat;
}

void ChatList::put_back(int row, Chat chat) {
  row = std::clamp(row, 0, count());
  beginInsertRows({}, row, row);
  chats_.insert(chats_.begin() + row, std::move(chat));
  endInsertRows();
  emit countChanged();
}

void ChatList::set_title(int id, const QString& title) {
  Chat* chat = find(id);
  if (!chat || chat->title == title) return;
  chat->title = title;
  announce(id, TitleRole);
}

void ChatList::set_writing(int id, bool writing) {
  Chat* chat = find(id);
  if (!chat || chat->writing == writing) return;
  chat->writing = writing;
  announce(id, WritingRole);
}

void ChatList::announce(int id, int role) {
  const QModelIndex row = index(row_of(id));
  emit dataChanged(row, row, {role});
}

}  // namespace etna::gui
