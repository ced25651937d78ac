#include "gui/chat/chat_list.h"

#include <QRegularExpression>
#include <algorithm>

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

int ChatList::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(chats_.size());
}

QVariant ChatList::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Chat& chat = at(index.row());
  switch (role) {
    case ChatIdRole: return chat.id;
    case TitleRole: return chat.title.isEmpty() ? tr("New chat") : chat.title;
    case WritingRole: return chat.writing;
    default: return {};
  }
}

QHash<int, QByteArray> ChatList::roleNames() const {
  return {{ChatIdRole, "chatId"}, {TitleRole, "title"}, {WritingRole, "writing"}};
}

int ChatList::row_of(int id) const {
  const auto found = std::ranges::find(chats_, id, &Chat::id);
  return found == chats_.end() ? -1 : static_cast<int>(found - chats_.begin());
}

Chat* ChatList::find(int id) {
  const int row = row_of(id);
  return row < 0 ? nullptr : &chats_.at(static_cast<std::size_t>(row));
}

int ChatList::add() {
  Chat chat;
  chat.id = ++last_id_;
  chat.messages = new MessageList(this);
  put_back(0, std::move(chat));
  return last_id_;
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
