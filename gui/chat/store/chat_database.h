#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gui/chat/store/chat_records.h"
#include "gui/store/database.h"

namespace etna::chats {

/// The chats in an open database: each function is a request of ChatStore, without threads. Functions that change
/// something belong in a transaction of the caller's, and may be repeated with the same values: the second time changes
/// nothing. All throw SqliteError, and not_found or invalid_argument for requests that make no sense.
class ChatDatabase {
public:
  explicit ChatDatabase(store::Database& database) : database_(database) {}

  store::Database& database() { return database_; }

  // Chats
  std::vector<ChatSummary> chats(bool trash = false);  ///< newest first
  ChatSummary chat(ChatId id);
  void create_chat(const NewChat& chat);
  void set_title(ChatId id, std::string_view title, TitleSource source);
  void set_pinned(ChatId id, std::optional<Time> since);
  void set_folder(ChatId id, FolderId folder);
  void set_settings(ChatId id, const ChatSettings& settings);
  void save_draft(ChatId id, std::string_view text);  ///< its files and the queue stay
  void save_drafts(ChatId id, const Drafts& drafts);
  Drafts drafts(ChatId id);
  void set_trashed(ChatId id, std::optional<Time> since);
  void erase_chat(ChatId id);                      ///< with the messages that no other chat has
  std::uint64_t empty_trash(Time trashed_before);  ///< how many chats are gone for good
  /// A new chat with the messages up to `last`, shared with the old one. `made.title` empty: "Title (2)".
  void branch(ChatId from, MessageId last, const NewChat& made);

  // Folders
  std::vector<Folder> folders();
  void save_folder(const Folder& folder);  ///< new, or changed
  void remove_folder(FolderId id);         ///< its chats stay

  // Messages
  Transcript transcript(ChatId id);
  Message message(ChatId chat, MessageId id);
  void add_message(ChatId chat, const Message& message);  ///< and shows it
  void append_piece(MessageId id, std::int64_t number, std::string_view text, std::string_view thinking);
  void end_reply(ChatId chat, MessageId id, const ReplyEnd& end, Time ended);
  void continue_reply(ChatId chat, MessageId id, const Run& run);  ///< its text is kept and grows on
  void show_version(ChatId chat, MessageId id);
  void set_deleted(ChatId chat, MessageId id, std::optional<Time> since);
  /// The versions of a message that can be shown, oldest first.
  std::vector<MessageId> versions(ChatId chat, MessageId id);
  /// All of a chat's tree, parents before children; for export.
  std::vector<Message> tree(ChatId id);
  /// Replies that were being written when the program ended; their pieces become text. How many.
  std::uint64_t interrupt_streaming();

  SearchResults search(const SearchRequest& request);

  std::int64_t highest_id();

private:
  void write_run(MessageId message, const Run& run);
  void fold_pieces(MessageId id);
  void show(ChatId chat, MessageId parent, std::optional<MessageId> child);
  void require(ChatId chat, MessageId id);
  void remove_orphans();
  std::int64_t keep_attachment(const Attachment& attachment);
  void save_attachments(const Message& message);
  void save_draft_attachments(ChatId chat, int place, const std::vector<Attachment>& attachments);
  std::vector<Attachment> attachments(MessageId id);
  void read_versions(ChatId chat, std::vector<Message>& messages);

  store::Database& database_;
};

/// Chat settings and a run's settings as they are kept (JSON). What cannot be read is left at its default.
std::string settings_text(const ChatSettings& settings);
ChatSettings settings_from(const std::string& text);

}  // namespace etna::chats
