#include "gui/chat/store/chat_schema.h"

#include <array>

namespace etna::chats {
namespace {

constexpr const char* version_1 = R"sql(
-- The last change that was kept: after a disk error it tells whether a commit that failed did reach the disk.
CREATE TABLE batch(
  only INTEGER PRIMARY KEY CHECK(only = 1),
  last INTEGER NOT NULL
) STRICT;
INSERT INTO batch VALUES (1, 0);

CREATE TABLE folder(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  position INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE chat(
  id INTEGER PRIMARY KEY,
  title TEXT NOT NULL DEFAULT '',
  title_source TEXT NOT NULL DEFAULT 'first_words',
  folder INTEGER REFERENCES folder(id) ON DELETE SET NULL,
  pinned INTEGER,
  trashed INTEGER,
  created INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  shown INTEGER,
  settings TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX chat_folder ON chat(folder);

CREATE TABLE message(
  id INTEGER PRIMARY KEY,
  role TEXT NOT NULL,
  state TEXT NOT NULL,
  text TEXT NOT NULL DEFAULT '',
  thinking TEXT NOT NULL DEFAULT '',
  thinking_seconds REAL NOT NULL DEFAULT 0,
  tool_calls TEXT NOT NULL DEFAULT '',
  notice TEXT NOT NULL DEFAULT '',
  problem_code TEXT NOT NULL DEFAULT '',
  problem_sentence TEXT NOT NULL DEFAULT '',
  model_name TEXT NOT NULL DEFAULT '',
  created INTEGER NOT NULL
) STRICT;
CREATE INDEX message_streaming ON message(state) WHERE state = 'streaming';

CREATE TABLE node(
  id INTEGER PRIMARY KEY,
  chat INTEGER NOT NULL REFERENCES chat(id) ON DELETE CASCADE,
  message INTEGER NOT NULL REFERENCES message(id),
  parent INTEGER,
  shown INTEGER,
  deleted INTEGER,
  UNIQUE(chat, message),
  FOREIGN KEY(chat, parent) REFERENCES node(chat, message) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE INDEX node_parent ON node(chat, parent);
CREATE INDEX node_message ON node(message);

CREATE TABLE piece(
  message INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  text TEXT NOT NULL,
  thinking TEXT NOT NULL,
  PRIMARY KEY(message, number)
) STRICT;

CREATE TABLE run(
  id INTEGER PRIMARY KEY,
  message INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
  model_name TEXT NOT NULL DEFAULT '',
  model_path TEXT NOT NULL DEFAULT '',
  model_hash TEXT NOT NULL DEFAULT '',
  device TEXT NOT NULL DEFAULT '',
  settings TEXT NOT NULL DEFAULT '{}',
  started INTEGER NOT NULL,
  ended INTEGER,
  stop_reason TEXT,
  prompt_tokens INTEGER,
  cached_tokens INTEGER,
  generated_tokens INTEGER,
  thinking_tokens INTEGER,
  tool_calls INTEGER,
  drafted_tokens INTEGER,
  accepted_tokens INTEGER,
  prompt_seconds REAL,
  decode_seconds REAL,
  first_token_seconds REAL,
  thinking_seconds REAL,
  peak_memory_bytes INTEGER
) STRICT;
CREATE INDEX run_message ON run(message);

CREATE TABLE attachment(
  id INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  bytes BLOB NOT NULL
) STRICT;

CREATE TABLE message_attachment(
  message INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  attachment INTEGER NOT NULL REFERENCES attachment(id),
  name TEXT NOT NULL,
  media_type TEXT NOT NULL,
  PRIMARY KEY(message, position)
) STRICT;
CREATE INDEX message_attachment_attachment ON message_attachment(attachment);

CREATE TABLE draft(
  chat INTEGER PRIMARY KEY REFERENCES chat(id) ON DELETE CASCADE,
  text TEXT NOT NULL,
  changed INTEGER NOT NULL
) STRICT;

-- Words of finished messages; those of a reply that grows follow when it ends.
CREATE VIRTUAL TABLE message_words USING fts5(text, content='message', content_rowid='id', tokenize='etna_words', prefix='2 3');
CREATE TRIGGER message_words_insert AFTER INSERT ON message WHEN new.state <> 'streaming' BEGIN
  INSERT INTO message_words(rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER message_words_remove AFTER UPDATE OF text, state ON message
  WHEN old.state <> 'streaming' AND (old.text <> new.text OR new.state = 'streaming') BEGIN
  INSERT INTO message_words(message_words, rowid, text) VALUES ('delete', old.id, old.text);
END;
CREATE TRIGGER message_words_add AFTER UPDATE OF text, state ON message
  WHEN new.state <> 'streaming' AND (old.text <> new.text OR old.state = 'streaming') BEGIN
  INSERT INTO message_words(rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER message_words_delete AFTER DELETE ON message WHEN old.state <> 'streaming' BEGIN
  INSERT INTO message_words(message_words, rowid, text) VALUES ('delete', old.id, old.text);
END;

CREATE VIRTUAL TABLE chat_words USING fts5(title, content='chat', content_rowid='id', tokenize='etna_words', prefix='2 3');
CREATE TRIGGER chat_words_insert AFTER INSERT ON chat BEGIN
  INSERT INTO chat_words(rowid, title) VALUES (new.id, new.title);
END;
CREATE TRIGGER chat_words_update AFTER UPDATE OF title ON chat WHEN old.title <> new.title BEGIN
  INSERT INTO chat_words(chat_words, rowid, title) VALUES ('delete', old.id, old.title);
  INSERT INTO chat_words(rowid, title) VALUES (new.id, new.title);
END;
CREATE TRIGGER chat_words_delete AFTER DELETE ON chat BEGIN
  INSERT INTO chat_words(chat_words, rowid, title) VALUES ('delete', old.id, old.title);
END;
)sql";

constexpr const char* version_2 = R"sql(
-- Messages that follow the reply that runs.
CREATE TABLE queued(
  chat INTEGER NOT NULL REFERENCES chat(id) ON DELETE CASCADE,
  place INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY(chat, place)
) STRICT;

-- Files of the draft (place 0) and of the messages in the queue (their place).
CREATE TABLE draft_attachment(
  chat INTEGER NOT NULL REFERENCES chat(id) ON DELETE CASCADE,
  place INTEGER NOT NULL,
  position INTEGER NOT NULL,
  attachment INTEGER NOT NULL REFERENCES attachment(id),
  name TEXT NOT NULL,
  media_type TEXT NOT NULL,
  PRIMARY KEY(chat, place, position)
) STRICT;
CREATE INDEX draft_attachment_attachment ON draft_attachment(attachment);
)sql";

void make_version_1(store::Database& database) {
  database.run(version_1);
  database.run("PRAGMA application_id = " + std::to_string(application_id));
}

void make_version_2(store::Database& database) {
  database.run(version_2);
}

}  // namespace

std::span<const store::Migration> chat_migrations() {
  static const std::array steps = {store::Migration{1, make_version_1}, store::Migration{2, make_version_2}};
  return steps;
}

std::span<const char* const> chat_tables() {
  static constexpr std::array tables = {
      "folder", "chat", "message", "node", "piece", "run", "attachment", "message_attachment", "draft",
      "queued", "draft_attachment"};
  return tables;
}

}  // namespace etna::chats
