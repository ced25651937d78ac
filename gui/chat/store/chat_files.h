#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "gui/chat/store/chat_database.h"

/// Chats as files for other programs, and from them.
namespace etna::chats {

/// What an import may hold; more is refused before anything is kept.
struct ImportLimits {
  std::uint64_t bytes = std::uint64_t{1} << 30;
  std::size_t chats = 100'000;
  std::size_t messages_per_chat = 100'000;
  std::size_t message_bytes = std::size_t{32} << 20;
};

/// Chats with all their versions as lines of JSON, format "etna.chats" version 1 (gui/chat/store/FORMAT.md). `ids`
/// empty: all, trash too. Written whole or not at all.
void export_json(ChatDatabase& chats, const std::vector<ChatId>& ids, const std::filesystem::path& file,
                 const LongWork& work = {});

/// The branches that are shown, one chat after the other. `ids` empty: all but those in the trash. Whole or not at all.
void export_markdown(ChatDatabase& chats, const std::vector<ChatId>& ids, const std::filesystem::path& file,
                     const LongWork& work = {});

/// The branch that is shown, as Markdown for people.
std::string markdown_of(const Transcript& transcript);

/// A chat read from a file: its tree, parents before children; ids count from 1 and are replaced when it is kept.
struct ReadChat {
  NewChat chat;
  std::optional<Time> pinned;
  bool trashed = false;
  std::string folder;
  MessageId shown_last = 0;  ///< the end of the branch that is shown; 0: the newest
  std::vector<Message> messages;
};

struct ReadFile {
  std::vector<ReadChat> chats;
  std::uint64_t skipped_chats = 0;
  std::vector<std::string> notes;
};

/// Reads a file that export_json() wrote. The file is hostile: size, depth, encoding, kinds, loops in the tree and
/// unknown parents are checked before anything is kept. Throws corrupt, unsupported, not_found, io or cancelled.
ReadFile read_chats(const std::filesystem::path& file, const ImportLimits& limits = {}, const LongWork& work = {});

/// Keeps everything under new ids, in folders of the same names. Belongs in a transaction: throws cancelled half-way.
ImportReport keep(ChatDatabase& chats, const ReadFile& file, const std::function<std::int64_t()>& new_id,
                  const LongWork& work = {});

}  // namespace etna::chats
