// Files of messages, and what waits in the composer: drafts and the queue, with theirs.
#include <fmt/format.h>
#include <openssl/evp.h>

#include <set>

#include "gui/chat/store/chat_database.h"
#include "gui/chat/store/chat_words.h"

namespace etna::chats {
namespace {

using store::Statement;

std::string sha256_hex(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

}  // namespace

std::vector<Attachment> ChatDatabase::attachments(MessageId id) {
  std::vector<Attachment> found;
  Statement rows = database_.prepare(
      "SELECT name, media_type, bytes, hash FROM message_attachment "
      "JOIN attachment ON attachment.id = attachment WHERE message = ? ORDER BY position");
  rows.with(id);
  while (rows.step())
    found.push_back({.name = rows.text(0), .media_type = rows.text(1), .bytes = rows.blob(2), .hash = rows.text(3)});
  return found;
}

/// The bytes are kept once, whoever has them.
std::int64_t ChatDatabase::keep_attachment(const Attachment& attachment) {
  const std::string hash = sha256_hex(attachment.bytes);
  Statement find = database_.prepare("SELECT id FROM attachment WHERE hash = ?");
  if (find.with(hash).step()) return find.integer(0);
  Statement insert = database_.prepare("INSERT INTO attachment(hash, bytes) VALUES (?,?)");
  insert.bind(1, hash).bind_blob(2, attachment.bytes);
  insert.run();
  return database_.value("SELECT last_insert_rowid()");
}

void ChatDatabase::save_attachments(const Message& message) {
  int position = 0;
  for (const Attachment& attachment : message.attachments)
    database_
        .prepare(
            "INSERT INTO message_attachment(message, position, attachment, name, media_type) VALUES (?,?,?,?,?)")
        .with(message.id, position++, keep_attachment(attachment), attachment.name, attachment.media_type)
        .run();
}

void ChatDatabase::save_draft_attachments(ChatId chat, int place, const std::vector<Attachment>& attachments) {
  int position = 0;
  for (const Attachment& attachment : attachments)
    database_
        .prepare(
            "INSERT INTO draft_attachment(chat, place, position, attachment, name, media_type) VALUES (?,?,?,?,?,?)")
        .with(chat, place, position++, keep_attachment(attachment), attachment.name, attachment.media_type)
        .run();
}

void ChatDatabase::save_drafts(ChatId id, const Drafts& drafts) {
  save_draft(id, drafts.writing.text);
  const bool had_files =
      database_.prepare("SELECT 1 FROM draft_attachment WHERE chat = ?").with(id).step();
  database_.prepare("DELETE FROM queued WHERE chat = ?").with(id).run();
  database_.prepare("DELETE FROM draft_attachment WHERE chat = ?").with(id).run();
  save_draft_attachments(id, 0, drafts.writing.attachments);
  int place = 0;
  for (const Draft& draft : drafts.queue) {
    database_.prepare("INSERT INTO queued(chat, place, text) VALUES (?,?,?)").with(id, ++place, draft.text).run();
    save_draft_attachments(id, place, draft.attachments);
  }
  if (had_files) remove_orphans();
}

Drafts ChatDatabase::drafts(ChatId id) {
  require(id, 0);
  Drafts drafts;
  Statement text = database_.prepare("SELECT text FROM draft WHERE chat = ?");
  if (text.with(id).step()) drafts.writing.text = text.text(0);
  std::set<std::int64_t> places;
  Statement queue = database_.prepare("SELECT place, text FROM queued WHERE chat = ? ORDER BY place");
  queue.with(id);
  while (queue.step()) {
    places.insert(queue.integer(0));
    drafts.queue.push_back({.text = queue.text(1), .attachments = {}});
  }
  Statement files = database_.prepare(
      "SELECT place, name, media_type, bytes, hash FROM draft_attachment "
      "JOIN attachment ON attachment.id = attachment WHERE chat = ? ORDER BY place, position");
  files.with(id);
  while (files.step()) {
    const auto found = places.find(files.integer(0));
    // After a repair a file may belong to a message of the queue that is gone: it joins the draft.
    Draft& draft = found == places.end()
                       ? drafts.writing
                       : drafts.queue[static_cast<std::size_t>(std::distance(places.begin(), found))];
    draft.attachments.push_back(
        {.name = files.text(1), .media_type = files.text(2), .bytes = files.blob(3), .hash = files.text(4)});
  }
  return drafts;
}

}  // namespace etna::chats
