#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "gui/chat/store/chat_files.h"
#include "gui/chat/store/chat_ids.h"
#include "gui/chat/store/chat_records.h"
#include "gui/store/migration.h"

namespace etna::chats {

/// A value, or why there is none.
template <class T>
class Outcome {
public:
  Outcome(T value) : content_(std::move(value)) {}  // NOLINT: values stand for themselves

  Outcome(Failure failure) : content_(std::move(failure)) {}  // NOLINT

  explicit operator bool() const { return content_.index() == 0; }

  T& operator*() { return std::get<0>(content_); }

  const T& operator*() const { return std::get<0>(content_); }

  T* operator->() { return &std::get<0>(content_); }

  const T* operator->() const { return &std::get<0>(content_); }

  const Failure& failure() const { return std::get<1>(content_); }

private:
  std::variant<T, Failure> content_;
};

/// A change is on the disk: it survives a crash and a power cut from here on.
struct Saved {};

/// The chats on disk, on a thread of their own (SQLite, write-ahead log, each commit synced).
///
/// Every call returns at once. Answers come on the thread that Options::deliver brings them to: those of changes in the
/// order of the calls, when they are on the disk and not before (a message may go to the engine then); what is read
/// holds the changes asked for before, except those that the disk does not take.
///
/// When the disk is full or fails, changes wait in order and are tried again every Options::retry, while reading
/// goes on; status() tells. Nothing that was answered is ever lost, and what waits is lost only with the program.
class ChatStore {
public:
  template <class T>
  using Answer = std::function<void(Outcome<T>)>;

  struct Options {
    std::filesystem::path file;     ///< "…/chats.db"; its folder is made where there is none
    std::filesystem::path backups;  ///< folder; empty: "backups" beside the file
    bool read_only = false;         ///< of a newer Etna: read what can be read

    /// Brings a function to the thread that takes answers. Called on the store's threads.
    std::function<void(std::function<void()>)> deliver;

    /// Told of every change, delivered like answers.
    std::function<void(StoreStatus)> status;

    /// Damage was found and repaired while the program ran: what is shown must be read again. Delivered.
    std::function<void(OpenReport)> repaired;

    std::chrono::milliseconds journal{1000};  ///< how often growing replies are saved
    std::size_t journal_bytes = 4096;         ///< or as soon as so much has come
    std::chrono::milliseconds retry{10'000};  ///< after a disk error
    std::chrono::hours trash{30 * 24};        ///< how long chats stay there
    bool keep_backups = true;

    /// Larger files are checked while the program runs: reading every page would delay the window.
    std::uintmax_t checked_at_start_bytes = std::uintmax_t{32} << 20;

    // For tests.
    std::string vfs;                                    ///< SQLite's file layer
    std::span<const store::Migration> migrations = {};  ///< empty: chat_migrations()
  };

  explicit ChatStore(Options options);
  ~ChatStore();  ///< saves what waits, if the disk lets it; answers no more
  ChatStore(const ChatStore&) = delete;
  ChatStore& operator=(const ChatStore&) = delete;

  /// For new chats, messages and folders.
  std::int64_t new_id() { return ids_->next(); }

  /// First of all. Fails with unsupported (a newer Etna's: E-DB-01), invalid_argument (another Etna has it open:
  /// E-APP-01), io.
  void open(Answer<Opened> answer);

  // Reading
  void chats(bool trash, Answer<std::vector<ChatSummary>> answer);
  void load(ChatId chat, Answer<Transcript> answer);
  void search(SearchRequest request, Answer<SearchResults> answer);
  void markdown(ChatId chat, Answer<std::string> answer);
  void export_to(std::vector<ChatId> chats, std::filesystem::path file, Answer<Saved> answer);  ///< none: all

  // Chats
  void create_chat(NewChat chat, Answer<Saved> answer = {});
  void rename(ChatId chat, std::string title, TitleSource source, Answer<Saved> answer = {});
  void set_pinned(ChatId chat, bool pinned, Answer<Saved> answer = {});
  void set_folder(ChatId chat, FolderId folder, Answer<Saved> answer = {});
  void set_settings(ChatId chat, ChatSettings settings, Answer<Saved> answer = {});
  void save_draft(ChatId chat, std::string text, Answer<Saved> answer = {});  ///< its files and the queue stay
  void save_drafts(ChatId chat, Drafts drafts, Answer<Saved> answer = {});
  void load_drafts(ChatId chat, Answer<Drafts> answer);
  void trash(ChatId chat, Answer<Saved> answer = {});
  void restore(ChatId chat, Answer<ChatSummary> answer = {});
  void erase(ChatId chat, Answer<Saved> answer = {});  ///< for good
  void empty_trash(Answer<Saved> answer = {});
  void branch(ChatId from, MessageId last, NewChat made, Answer<Transcript> answer);
  void import_file(std::filesystem::path file, Answer<ImportReport> answer);

  // Folders
  void save_folder(Folder folder, Answer<Saved> answer = {});
  void remove_folder(FolderId folder, Answer<Saved> answer = {});

  // Messages
  void add_message(ChatId chat, Message message, Answer<Saved> answer);
  /// A message that leaves the composer: it is kept and gone from `rest`, or neither.
  void send_message(ChatId chat, Message message, Drafts rest, Answer<Saved> answer);
  /// `reply` is kept with the state streaming, until end_reply().
  void begin_reply(ChatId chat, Message reply, Answer<Saved> answer = {});
  void continue_reply(ChatId chat, MessageId reply, Run run, Answer<Saved> answer = {});
  /// Cheap; saved each Options::journal.
  void append_reply(MessageId reply, std::string_view text, std::string_view thinking = {});
  void end_reply(ChatId chat, MessageId reply, ReplyEnd end, Answer<Saved> answer = {});
  void show_version(ChatId chat, MessageId message, Answer<Transcript> answer);
  /// The version `step` places on (1: the next, -1: the one before); the last one where there is no such place.
  void switch_version(ChatId chat, MessageId message, int step, Answer<Transcript> answer);
  void delete_message(ChatId chat, MessageId message, Answer<Transcript> answer);
  void undelete_message(ChatId chat, MessageId message, Answer<Transcript> answer);

  // Care
  void try_again();                          ///< now, after a disk error
  void back_up(Answer<std::string> answer);  ///< path of the copy
  void flush(Answer<Saved> answer);          ///< everything asked for so far, pieces of replies too, is on the disk

private:
  class Worker;
  std::shared_ptr<Ids> ids_ = std::make_shared<Ids>();
  std::unique_ptr<Worker> worker_;
};

}  // namespace etna::chats
