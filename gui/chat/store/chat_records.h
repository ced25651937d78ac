#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/session/messages.h"

/// What the chat store keeps, as values. Times are milliseconds since 1970, universal time; texts are UTF-8.
namespace etna::chats {

using ChatId = std::int64_t;     ///< 0: none
using MessageId = std::int64_t;  ///< 0: none
using FolderId = std::int64_t;   ///< 0: none
using Time = std::int64_t;

enum class Role { user, assistant, system, tool };

enum class MessageState {
  done,         ///< whole, or ended for a reason that its run tells
  streaming,    ///< being written
  interrupted,  ///< the program ended while it was written: "the app closed – Continue"
  failed,       ///< ended with a problem
  unreadable,   ///< the store cannot make sense of the row; never written
};

/// Who named a chat. A person's title is never overwritten by one of the others.
enum class TitleSource { first_words, model, person };

/// What happens to a chat that is longer than the model's context.
enum class Overflow { ask, drop_oldest, drop_middle };

/// What a person changed for one chat; what is absent follows the model's and Etna's defaults.
struct ChatSettings {
  std::string system_prompt;
  std::string model;  ///< path of the model this chat was last answered by
  std::optional<bool> thinks;
  std::optional<double> temperature, top_p, min_p, repetition_penalty;
  std::optional<int> top_k;
  std::optional<std::uint64_t> max_tokens, seed, context_length;
  std::vector<std::string> stop_texts;
  Overflow overflow = Overflow::ask;
  bool operator==(const ChatSettings&) const = default;
};

/// How a reply was asked for and how it went.
struct Run {
  std::string model_name, model_path, model_hash, device;
  SamplingSettings sampling;
  std::uint64_t max_tokens = 0;
  std::optional<bool> thinking_enabled;
  Time started = 0;
  Time ended = 0;                           ///< 0: not yet, or never
  std::optional<RunStatistics> statistics;  ///< none: it has not ended, or not by itself
};

/// What went wrong with a reply: a code of the error catalogue and the engine's sentence.
struct ReplyProblem {
  std::string code, sentence;
  bool operator==(const ReplyProblem&) const = default;
};

struct Attachment {
  std::string name;        ///< as the file was called
  std::string media_type;  ///< "text/plain"
  std::string bytes;
  std::string hash;  ///< SHA-256 in hex; filled in by the store
};

struct Message {
  MessageId id = 0;
  MessageId parent = 0;  ///< in this chat's tree; 0: a first message
  Role role = Role::user;
  MessageState state = MessageState::done;
  std::string text;  ///< as written; the source of everything shown
  std::string thinking;
  double thinking_seconds = 0;
  std::vector<ToolCall> tool_calls;
  std::string notice;  ///< what is not as it should be in a reply, for a person
  std::optional<ReplyProblem> problem;
  std::string model_name;
  Time created = 0;
  std::optional<Run> run;  ///< the last one, of a reply
  std::vector<Attachment> attachments;
  int version = 1;   ///< place among the messages with the same parent, from 1, oldest first
  int versions = 1;  ///< how many there are
};

/// A chat as the list shows it.
struct ChatSummary {
  ChatId id = 0;
  std::string title;  ///< empty: not named yet
  TitleSource title_source = TitleSource::first_words;
  FolderId folder = 0;
  std::optional<Time> pinned, trashed;
  Time created = 0;
  Time changed = 0;  ///< the last message
  std::string draft;  ///< its text; Drafts has all of it
  ChatSettings settings;
};

struct Folder {
  FolderId id = 0;
  std::string name;
  int position = 0;
};

/// The branch of a chat that is shown: first message to last.
struct Transcript {
  ChatSummary chat;
  std::vector<Message> messages;
};

/// Something that was written and not sent yet.
struct Draft {
  std::string text;
  std::vector<Attachment> attachments;

  bool empty() const { return text.empty() && attachments.empty(); }
};

/// What waits in a chat's composer: what is being written, and the messages that follow the reply that runs, in order.
struct Drafts {
  Draft writing;
  std::vector<Draft> queue;
};

struct NewChat {
  ChatId id = 0;
  std::string title;
  TitleSource title_source = TitleSource::first_words;
  FolderId folder = 0;
  ChatSettings settings;
  Time created = 0;  ///< 0: now
};

/// How a reply ended.
struct ReplyEnd {
  MessageState state = MessageState::done;
  double thinking_seconds = 0;
  std::vector<ToolCall> tool_calls;
  std::string notice;
  std::optional<ReplyProblem> problem;
  std::optional<RunStatistics> statistics;
};

/// Bytes of a text that match.
struct TextRange {
  std::size_t begin = 0, end = 0;
  bool operator==(const TextRange&) const = default;
};

struct Excerpt {
  std::string text;
  std::vector<TextRange> matches;
};

struct SearchRequest {
  std::string text;  ///< as typed
  bool trash_too = false;
  ChatId chat = 0;          ///< only in this one; 0: in all
  int most_messages = 200;  ///< newest first
};

struct SearchHit {
  ChatId chat = 0;
  MessageId message = 0;
  Role role = Role::user;
  Time created = 0;
  Excerpt excerpt;
};

struct SearchGroup {
  ChatSummary chat;
  std::optional<Excerpt> title;  ///< where the title matches
  std::vector<SearchHit> hits;   ///< newest first
};

struct SearchResults {
  std::string typed;
  std::vector<SearchGroup> groups;  ///< chats with the newest hits first, then those of which only the title matches
  std::size_t messages = 0;
  bool more = false;  ///< there are further messages
};

/// What happened to the store when it was opened.
struct OpenReport {
  enum class Kind {
    fine,
    created,
    migrated,
    repaired,   ///< it was damaged; see below
    read_only,  ///< a newer Etna's, opened for reading
  };
  Kind kind = Kind::fine;
  int version = 0;                ///< of the schema
  std::string kept;               ///< the file that was damaged, or the copy made before a migration
  std::uint64_t chats = 0;        ///< after a repair: how many there are
  std::uint64_t from_backup = 0;  ///< of them, from the copy
  std::string backup_date;
  std::uint64_t messages = 0, lost_messages = 0;
  std::uint64_t interrupted_replies = 0;  ///< the program ended while they were written
};

struct Opened {
  OpenReport report;
  std::vector<ChatSummary> chats;  ///< without those in the trash; newest first
  std::vector<Folder> folders;
};

/// How the store is, for a banner.
struct StoreStatus {
  enum class State {
    opening,
    ready,
    not_saving,  ///< requests wait; nothing is lost as long as the program runs
    read_only,
    closed,  ///< could not be opened; `problem` says why
  };
  State state = State::opening;
  bool disk_full = false;     ///< of not_saving
  std::string code;           ///< of the error catalogue; empty: none
  std::string sentence;       ///< for a person
  std::uint64_t waiting = 0;  ///< requests that are not saved
  bool operator==(const StoreStatus&) const = default;
};

struct ImportReport {
  std::vector<ChatSummary> chats;
  std::uint64_t messages = 0;
  std::uint64_t skipped_chats = 0;  ///< without anything to read
  std::vector<std::string> notes;   ///< what was left out, for a person
};

}  // namespace etna::chats
