#include "gui/chat/store/chat_database.h"

#include <algorithm>

#include "gui/chat/store/chat_words.h"

namespace etna::chats {
namespace {

using store::Statement;

constexpr std::string_view summary_columns =
    "SELECT chat.id, title, title_source, folder, pinned, trashed, created, chat.changed, settings, draft.text "
    "FROM chat LEFT JOIN draft ON draft.chat = chat.id ";

ChatSummary read_summary(const Statement& row) {
  ChatSummary chat;
  chat.id = row.integer(0);
  chat.title = row.text(1);
  chat.title_source = title_source_of(row.text(2)).value_or(TitleSource::person);
  chat.folder = row.integer(3);
  chat.pinned = row.optional_integer(4);
  chat.trashed = row.optional_integer(5);
  chat.created = row.integer(6);
  chat.changed = row.integer(7);
  chat.settings = settings_from(row.text(8));
  chat.draft = row.text(9);
  return chat;
}

std::optional<std::int64_t> none_if_zero(std::int64_t id) {
  return id == 0 ? std::nullopt : std::optional(id);
}

/// "Plans (2)" → "Plans".
std::string without_number(const std::string& title) {
  const std::size_t open = title.rfind(" (");
  if (open == std::string::npos || !title.ends_with(')')) return title;
  const std::string_view digits = std::string_view(title).substr(open + 2, title.size() - open - 3);
  const bool number = !digits.empty() && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  return number ? title.substr(0, open) : title;
}

}  // namespace

std::vector<ChatSummary> ChatDatabase::chats(bool trash) {
  Statement rows =
      database_.prepare(std::string(summary_columns) + (trash ? "WHERE trashed IS NOT NULL ORDER BY trashed DESC"
                                                              : "WHERE trashed IS NULL ORDER BY chat.changed DESC"));
  std::vector<ChatSummary> found;
  while (rows.step()) found.push_back(read_summary(rows));
  return found;
}

ChatSummary ChatDatabase::chat(ChatId id) {
  Statement row = database_.prepare(std::string(summary_columns) + "WHERE chat.id = ?");
  if (!row.with(id).step()) fail(Errc::not_found, "chat store: there is no chat {}", id);
  return read_summary(row);
}

void ChatDatabase::create_chat(const NewChat& chat) {
  const Time created = chat.created != 0 ? chat.created : now();
  database_
      .prepare(
          "INSERT INTO chat(id, title, title_source, folder, created, changed, settings) VALUES (?,?,?,?,?,?,?) "
          "ON CONFLICT(id) DO NOTHING")
      .with(chat.id, chat.title, word(chat.title_source), none_if_zero(chat.folder), created, created,
            settings_text(chat.settings))
      .run();
}

void ChatDatabase::set_title(ChatId id, std::string_view title, TitleSource source) {
  require(id, 0);
  database_
      .prepare(
          "UPDATE chat SET title = ?2, title_source = ?3 WHERE id = ?1 AND (?3 = 'person' OR title_source <> 'person')")
      .with(id, title, word(source))
      .run();
}

void ChatDatabase::set_pinned(ChatId id, std::optional<Time> since) {
  require(id, 0);
  database_.prepare("UPDATE chat SET pinned = ?2 WHERE id = ?1").with(id, since).run();
}

void ChatDatabase::set_folder(ChatId id, FolderId folder) {
  require(id, 0);
  database_.prepare("UPDATE chat SET folder = ?2 WHERE id = ?1").with(id, none_if_zero(folder)).run();
}

void ChatDatabase::set_settings(ChatId id, const ChatSettings& settings) {
  require(id, 0);
  database_.prepare("UPDATE chat SET settings = ?2 WHERE id = ?1").with(id, settings_text(settings)).run();
}

void ChatDatabase::save_draft(ChatId id, std::string_view text) {
  require(id, 0);
  if (text.empty()) return database_.prepare("DELETE FROM draft WHERE chat = ?").with(id).run();
  database_.prepare("INSERT OR REPLACE INTO draft(chat, text, changed) VALUES (?,?,?)").with(id, text, now()).run();
}

void ChatDatabase::set_trashed(ChatId id, std::optional<Time> since) {
  require(id, 0);
  database_.prepare("UPDATE chat SET trashed = ?2 WHERE id = ?1").with(id, since).run();
}

void ChatDatabase::erase_chat(ChatId id) {
  std::vector<MessageId> messages;
  Statement nodes = database_.prepare("SELECT message FROM node WHERE chat = ?");
  nodes.with(id);
  while (nodes.step()) messages.push_back(nodes.integer(0));
  nodes.reset();
  database_.prepare("DELETE FROM node WHERE chat = ?").with(id).run();
  database_.prepare("DELETE FROM chat WHERE id = ?").with(id).run();
  Statement remove =
      database_.prepare("DELETE FROM message WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM node WHERE message = ?1)");
  for (const MessageId message : messages) remove.with(message).run();
  remove_orphans();
}

std::uint64_t ChatDatabase::empty_trash(Time trashed_before) {
  std::vector<ChatId> old;
  Statement rows = database_.prepare("SELECT id FROM chat WHERE trashed < ?");
  rows.with(trashed_before);
  while (rows.step()) old.push_back(rows.integer(0));
  rows.reset();
  for (const ChatId id : old) erase_chat(id);
  return old.size();
}

void ChatDatabase::remove_orphans() {
  database_.run(
      "DELETE FROM attachment WHERE NOT EXISTS "
      "(SELECT 1 FROM message_attachment WHERE message_attachment.attachment = attachment.id) AND NOT EXISTS "
      "(SELECT 1 FROM draft_attachment WHERE draft_attachment.attachment = attachment.id)");
}

void ChatDatabase::branch(ChatId from, MessageId last, const NewChat& made) {
  const ChatSummary old = chat(from);
  std::vector<MessageId> path;  // last first
  Statement up = database_.prepare(
      "SELECT parent, deleted, state FROM node JOIN message ON message.id = node.message "
      "WHERE chat = ? AND message = ?");
  for (MessageId id = last; id != 0;) {
    if (!up.with(from, id).step()) fail(Errc::not_found, "chat store: chat {} has no message {}", from, id);
    if (up.text(2) == "streaming") fail(Errc::invalid_argument, "chat store: message {} is still being written", id);
    if (up.is_null(1)) path.push_back(id);
    id = up.integer(0);
    up.reset();
  }
  NewChat copy = made;
  copy.settings = old.settings;
  copy.folder = old.folder;
  copy.title_source = TitleSource::person;
  if (copy.title.empty()) {
    const std::string base = without_number(old.title);
    Statement taken = database_.prepare("SELECT 1 FROM chat WHERE title = ? AND id <> ?");
    for (int number = 2;; ++number) {
      copy.title = fmt::format("{} ({})", base, number);
      if (!taken.with(copy.title, copy.id).step()) break;
      taken.reset();
    }
  }
  create_chat(copy);
  Statement add =
      database_.prepare("INSERT INTO node(chat, message, parent, shown) VALUES (?,?,?,?) ON CONFLICT DO NOTHING");
  for (std::size_t i = path.size(); i-- > 0;) {
    const auto parent = i + 1 < path.size() ? std::optional(path[i + 1]) : std::nullopt;
    const auto shown = i > 0 ? std::optional(path[i - 1]) : std::nullopt;
    add.with(copy.id, path[i], parent, shown).run();
  }
  if (!path.empty()) show(copy.id, 0, path.back());
}

std::vector<Folder> ChatDatabase::folders() {
  std::vector<Folder> found;
  Statement rows = database_.prepare("SELECT id, name, position FROM folder ORDER BY position, id");
  while (rows.step())
    found.push_back({.id = rows.integer(0), .name = rows.text(1), .position = static_cast<int>(rows.integer(2))});
  return found;
}

void ChatDatabase::save_folder(const Folder& folder) {
  database_
      .prepare(
          "INSERT INTO folder(id, name, position) VALUES (?,?,?) "
          "ON CONFLICT(id) DO UPDATE SET name = excluded.name, position = excluded.position")
      .with(folder.id, folder.name, folder.position)
      .run();
}

void ChatDatabase::remove_folder(FolderId id) {
  database_.prepare("DELETE FROM folder WHERE id = ?").with(id).run();
}

void ChatDatabase::require(ChatId chat, MessageId id) {
  if (id == 0) {
    if (!database_.prepare("SELECT 1 FROM chat WHERE id = ?").with(chat).step())
      fail(Errc::not_found, "chat store: there is no chat {}", chat);
  } else if (!database_.prepare("SELECT 1 FROM node WHERE chat = ? AND message = ?").with(chat, id).step()) {
    fail(Errc::not_found, "chat store: chat {} has no message {}", chat, id);
  }
}

std::int64_t ChatDatabase::highest_id() {
  return database_.value(
      "SELECT max(coalesce((SELECT max(id) FROM chat), 0), coalesce((SELECT max(id) FROM message), 0), "
      "coalesce((SELECT max(id) FROM folder), 0))");
}

}  // namespace etna::chats
