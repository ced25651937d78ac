#include "gui/chat/store/chat_recovery.h"

#include <map>
#include <set>

#include "gui/chat/store/chat_database.h"
#include "gui/chat/store/chat_schema.h"
#include "gui/chat/store/chat_words.h"
#include "gui/store/salvage.h"
#include "gui/store/word_tokenizer.h"

namespace etna::chats {
namespace {

namespace fs = std::filesystem;
using store::Database;
using store::Statement;

fs::path beside(const fs::path& path, const char* suffix) {
  fs::path other = path;
  other += suffix;
  return other;
}

/// The database with its log, under a name that says what it is.
fs::path set_aside(const fs::path& path) {
  const fs::path aside = store::free_name(path, "damaged-" + store::date_text(std::chrono::system_clock::now()));
  fs::rename(path, aside);
  if (fs::exists(beside(path, "-wal"))) fs::rename(beside(path, "-wal"), beside(aside, "-wal"));
  fs::remove(beside(path, "-shm"));
  return aside;
}

std::set<ChatId> chat_ids(Database& database) {
  std::set<ChatId> ids;
  Statement rows = database.prepare("SELECT id FROM chat");
  while (rows.step()) ids.insert(rows.integer(0));
  return ids;
}

/// Copies every table. False: the file is so damaged that not even its tables are known.
bool copy_tables(const fs::path& from, Database& whole, const std::string& vfs, std::uint64_t& lost) {
  try {
    Database damaged = Database::open(from, Database::Mode::as_it_is, vfs);
    store::add_word_tokenizer(damaged);
    if (damaged.value("SELECT count(*) FROM sqlite_schema WHERE name = 'message'") == 0) return false;
    store::Transaction transaction(whole);
    for (const char* table : chat_tables()) lost += store::salvage_table(damaged, whole, table).lost_ranges;
    transaction.commit();
    return true;
  } catch (const store::SqliteError& error) {
    if (!error.damaged() && error.code() != Errc::unsupported) throw;
    return false;
  }
}

/// Nothing may point nowhere.
void mend_references(Database& whole) {
  for (const char* statement :
       {"DELETE FROM piece WHERE message NOT IN (SELECT id FROM message)",
        "DELETE FROM run WHERE message NOT IN (SELECT id FROM message)",
        "DELETE FROM message_attachment WHERE message NOT IN (SELECT id FROM message) "
        "OR attachment NOT IN (SELECT id FROM attachment)",
        "UPDATE chat SET folder = NULL WHERE folder NOT IN (SELECT id FROM folder)",
        // Places of messages that could not be read: they are shown as such, and what follows them stays.
        "INSERT INTO message(id, role, state, created) SELECT DISTINCT message, 'assistant', 'lost', message / 1024 "
        "FROM node "
        "WHERE message NOT IN (SELECT id FROM message)",
        // Chats that could not be read, but whose messages could.
        "INSERT INTO chat(id, title, created, changed) SELECT chat, 'Recovered chat', min(message) / 1024, "
        "max(message) / 1024 "
        "FROM node WHERE chat NOT IN (SELECT id FROM chat) GROUP BY chat",
        "DELETE FROM draft WHERE chat NOT IN (SELECT id FROM chat)",
        "DELETE FROM queued WHERE chat NOT IN (SELECT id FROM chat)",
        "DELETE FROM draft_attachment WHERE chat NOT IN (SELECT id FROM chat) "
        "OR attachment NOT IN (SELECT id FROM attachment)"})
    whole.run(statement);
}

/// Messages whose place in a chat could not be read: a chat of their own, in the order they were written.
void gather_homeless(Database& whole) {
  if (whole.value("SELECT count(*) FROM message WHERE id NOT IN (SELECT message FROM node)") == 0) return;
  const std::int64_t chat =
      whole.value("SELECT max(id) + 1 FROM (SELECT max(id) AS id FROM chat UNION SELECT max(id) FROM message)");
  const Time moment = now();
  whole
      .prepare(
          "INSERT INTO chat(id, title, title_source, created, changed) VALUES (?, 'Recovered messages', 'person', ?, "
          "?)")
      .with(chat, moment, moment)
      .run();
  whole
      .prepare(
          "INSERT INTO node(chat, message, parent) SELECT ?1, id, lag(id) OVER (ORDER BY id) FROM message "
          "WHERE id NOT IN (SELECT message FROM node)")
      .with(chat)
      .run();
}

/// Places whose parent is gone follow the message that was written before; every place shows a child that it has.
void mend_trees(Database& whole) {
  whole.run(
      "UPDATE node SET parent = (SELECT max(b.message) FROM node b WHERE b.chat = node.chat AND b.message < "
      "node.message) "
      "WHERE parent IS NOT NULL AND NOT EXISTS "
      "(SELECT 1 FROM node p WHERE p.chat = node.chat AND p.message = node.parent)");
  whole.run(
      "UPDATE node SET shown = (SELECT max(c.message) FROM node c WHERE c.chat = node.chat AND c.parent = "
      "node.message) "
      "WHERE shown IS NULL OR NOT EXISTS "
      "(SELECT 1 FROM node c WHERE c.chat = node.chat AND c.message = node.shown AND c.parent = node.message)");
  whole.run(
      "UPDATE chat SET shown = (SELECT max(message) FROM node WHERE chat = chat.id AND parent IS NULL) "
      "WHERE shown IS NULL OR NOT EXISTS "
      "(SELECT 1 FROM node WHERE node.chat = chat.id AND node.message = chat.shown AND parent IS NULL)");
}

}  // namespace

OpenReport recover(const fs::path& path, const store::Backups& backups, const std::string& vfs) {
  OpenReport report;
  report.kind = OpenReport::Kind::repaired;
  // The new file grows under a name of its own and takes another when it is whole: wherever a crash comes, either the
  // damaged file is in its place or finish_recovery() finds the whole one.
  const fs::path growing = beside(path, ".recovering");
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(beside(growing, suffix));
  {
    Database whole = Database::open(growing, Database::Mode::create);
    store::add_word_tokenizer(whole);
    store::migrate(whole, chat_migrations());
    whole.run("PRAGMA foreign_keys = OFF");
    std::uint64_t lost = 0, ignored = 0;
    const bool readable = copy_tables(path, whole, vfs, lost);
    const std::size_t restored = chat_ids(whole).size();
    const auto kept = backups.list();
    if ((!readable || lost > 0) && !kept.empty() && copy_tables(kept.front().path, whole, {}, ignored)) {
      report.backup_date = store::date_text(kept.front().made);
      report.from_backup = chat_ids(whole).size() - restored;
    }
    store::Transaction transaction(whole);
    mend_references(whole);
    gather_homeless(whole);
    mend_trees(whole);
    report.chats = static_cast<std::uint64_t>(whole.value("SELECT count(*) FROM chat"));
    report.messages = static_cast<std::uint64_t>(whole.value("SELECT count(*) FROM message WHERE state <> 'lost'"));
    report.lost_messages = static_cast<std::uint64_t>(whole.value("SELECT count(*) FROM message WHERE state = 'lost'"));
    transaction.commit();
    whole.run("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  fs::rename(growing, beside(path, ".recovered"));
  report.kept = set_aside(path).string();
  finish_recovery(path);
  return report;
}

void finish_recovery(const fs::path& path) {
  if (!fs::exists(path) && fs::exists(beside(path, ".recovered"))) fs::rename(beside(path, ".recovered"), path);
}

}  // namespace etna::chats
