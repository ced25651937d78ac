#pragma once

#include <optional>

#include "gui/chat/store/chat_recovery.h"
#include "gui/chat/store/chat_store.h"
#include "gui/store/database.h"

namespace etna::chats {

/// An open database and what happened on the way.
struct OpenedDatabase {
  store::Database database;
  OpenReport report;
};

/// A newer Etna's file: carries the two versions for a person.
class NewerStore : public Error {
public:
  NewerStore(int version, int known);
};

/// Opens or makes the database: finishes a recovery, checks whose file it is and how old, looks for damage and repairs
/// it, brings the schema up to date (with a copy of the old state), marks replies that were cut off, empties old trash.
/// Throws NewerStore, SqliteError and what the steps throw; then nothing was changed.
OpenedDatabase open_chats(const ChatStore::Options& options, store::Backups& backups);

/// A connection to an open database, set up for chats.
store::Database connect(const ChatStore::Options& options, store::Database::Mode mode);

/// Repairs and opens again.
OpenedDatabase repair(const ChatStore::Options& options, const store::Backups& backups);

/// Where backups go and how they are called.
store::Backups backups_of(const ChatStore::Options& options);

}  // namespace etna::chats
