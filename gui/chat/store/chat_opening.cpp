#include "gui/chat/store/chat_opening.h"

#include "gui/chat/store/chat_schema.h"
#include "gui/chat/store/chat_words.h"
#include "gui/store/excerpt_function.h"
#include "gui/store/word_tokenizer.h"

namespace etna::chats {
namespace {

namespace fs = std::filesystem;
using store::Database;

std::span<const store::Migration> steps_of(const ChatStore::Options& options) {
  return options.migrations.empty() ? chat_migrations() : options.migrations;
}

/// Whose file it is and how old, without touching it: a newer Etna's file stays as it is to the last byte.
int check_version(const ChatStore::Options& options) {
  std::error_code error;
  if (!fs::exists(options.file, error) || fs::file_size(options.file, error) == 0) return 0;
  Database database = Database::open(options.file, Database::Mode::read_only, options.vfs);
  const int version = database.user_version();
  const bool has_tables = database.value("SELECT count(*) FROM sqlite_schema") > 0;
  if (has_tables && database.application_id() != application_id)
    fail(Errc::unsupported, "{}: this file was not made by Etna", options.file.string());
  const int known = store::latest_version(steps_of(options));
  if (version > known) throw NewerStore(version, known);
  return version;
}

/// What the pages of the lists say, and all pages of a small file. Empty: no damage found.
std::string find_damage(Database& database, const ChatStore::Options& options) {
  std::error_code error;
  if (fs::file_size(database.path(), error) <= options.checked_at_start_bytes) return database.quick_check();
  for (const char* table : {"folder", "chat", "node"}) {
    if (std::string damage = database.quick_check(table); !damage.empty()) return damage;
  }
  return {};
}

void tidy_up(Database& database, const ChatStore::Options& options, OpenReport& report) {
  ChatDatabase chats(database);
  store::Transaction transaction(database);
  report.interrupted_replies = chats.interrupt_streaming();
  chats.empty_trash(now() - std::chrono::milliseconds(options.trash).count());
  transaction.commit();
}

OpenedDatabase open_read_only(const ChatStore::Options& options) {
  Database database = connect(options, Database::Mode::read_only);
  OpenReport report;
  report.kind = OpenReport::Kind::read_only;
  report.version = database.user_version();
  return {std::move(database), report};
}

}  // namespace

NewerStore::NewerStore(int version, int known)
    : Error(Errc::unsupported,
            fmt::format("Version {}; this one reads up to {}. Nothing was changed.", version, known)) {}

store::Backups backups_of(const ChatStore::Options& options) {
  const fs::path folder = options.backups.empty() ? options.file.parent_path() / "backups" : options.backups;
  return {folder, options.file.stem().string()};
}

Database connect(const ChatStore::Options& options, Database::Mode mode) {
  Database database = Database::open(options.file, mode, options.vfs);
  store::add_word_tokenizer(database);
  store::add_excerpt_function(database);
  return database;
}

OpenedDatabase repair(const ChatStore::Options& options, const store::Backups& backups) {
  OpenReport report = recover(options.file, backups, options.vfs);
  Database database = connect(options, Database::Mode::create);
  store::migrate(database, steps_of(options));
  report.version = database.user_version();
  tidy_up(database, options, report);
  return {std::move(database), report};
}

OpenedDatabase open_chats(const ChatStore::Options& options, store::Backups& backups) {
  if (options.read_only) return open_read_only(options);
  finish_recovery(options.file);
  try {
    const int version = check_version(options);
    Database database = connect(options, Database::Mode::create);
    OpenReport report;
    if (version > 0) {
      if (const std::string damage = find_damage(database, options); !damage.empty())
        throw store::SqliteError(store::SqliteError::damage_code, damage);
    }
    store::migrate(database, steps_of(options), [&] {
      report.kept =
          backups.make(database, fmt::format("before-v{}", store::latest_version(steps_of(options)))).path.string();
    });
    report.version = database.user_version();
    report.kind = version == 0               ? OpenReport::Kind::created
                  : version < report.version ? OpenReport::Kind::migrated
                                             : OpenReport::Kind::fine;
    tidy_up(database, options, report);
    return {std::move(database), report};
  } catch (const store::SqliteError& error) {
    if (!error.damaged()) throw;
  }
  return repair(options, backups);
}

}  // namespace etna::chats
