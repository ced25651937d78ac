#include "gui/chat/store/chat_schema.h"
#include "gui/store/database.h"
#include "gui/store/word_tokenizer.h"
#include "tests/gui/chat/store/store_fixture.h"

namespace etna::chats {
namespace {

Attachment file(const std::string& name, const std::string& bytes) {
  return {.name = name, .media_type = "text/plain", .bytes = bytes, .hash = {}};
}

class DraftsTest : public StoreTest {
protected:
  void SetUp() override { start(); }

  void save(ChatId chat, const Drafts& drafts) {
    const auto saved = wait<Saved>([&](auto answer) { store_->save_drafts(chat, drafts, answer); });
    ASSERT_TRUE(saved) << saved.failure().message;
  }

  Drafts drafts(ChatId chat) {
    const auto found = wait<Drafts>([&](auto answer) { store_->load_drafts(chat, answer); });
    EXPECT_TRUE(found) << found.failure().message;
    return found ? *found : Drafts{};
  }

  std::int64_t stored_files() {
    store_.reset();
    std::int64_t number = 0;
    {
      store::Database database = store::Database::open(folder_ / "chats.db", store::Database::Mode::as_it_is);
      number = database.value("SELECT count(*) FROM attachment");
    }
    start();
    return number;
  }
};

const Drafts full = {.writing = {.text = "half a thought", .attachments = {file("a.txt", "one"), file("b.md", "two")}},
                     .queue = {{.text = "first", .attachments = {file("a.txt", "one")}}, {.text = "second", .attachments = {}}}};

TEST_F(DraftsTest, a_draft_its_files_and_the_queue_survive_a_restart_in_order) {
  const ChatId chat = new_chat();
  save(chat, full);
  restart();
  const Drafts found = drafts(chat);
  EXPECT_EQ(found.writing.text, "half a thought");
  ASSERT_EQ(found.writing.attachments.size(), 2);
  EXPECT_EQ(found.writing.attachments[0].name, "a.txt");
  EXPECT_EQ(found.writing.attachments[1].bytes, "two");
  ASSERT_EQ(found.queue.size(), 2);
  EXPECT_EQ(found.queue[0].text, "first");
  ASSERT_EQ(found.queue[0].attachments.size(), 1);
  EXPECT_EQ(found.queue[0].attachments[0].bytes, "one");
  EXPECT_EQ(found.queue[1].text, "second");
  EXPECT_EQ((*opening_)->chats.at(0).draft, "half a thought");
}

TEST_F(DraftsTest, a_new_text_leaves_the_files_and_the_queue_alone) {
  const ChatId chat = new_chat();
  save(chat, full);
  store_->save_draft(chat, "another thought");
  const Drafts found = drafts(chat);
  EXPECT_EQ(found.writing.text, "another thought");
  EXPECT_EQ(found.writing.attachments.size(), 2);
  EXPECT_EQ(found.queue.size(), 2);
}

TEST_F(DraftsTest, a_sent_message_has_the_files_and_what_is_left_waits) {
  const ChatId chat = new_chat();
  save(chat, full);
  Message message = make(Role::user, "first");
  message.attachments = full.queue[0].attachments;
  Drafts rest = full;
  rest.queue.erase(rest.queue.begin());
  const auto saved = wait<Saved>([&](auto answer) { store_->send_message(chat, message, rest, answer); });
  ASSERT_TRUE(saved) << saved.failure().message;
  restart();
  const Transcript transcript = load(chat);
  ASSERT_EQ(transcript.messages.size(), 1);
  ASSERT_EQ(transcript.messages[0].attachments.size(), 1);
  EXPECT_EQ(transcript.messages[0].attachments[0].bytes, "one");
  ASSERT_EQ(drafts(chat).queue.size(), 1);
  EXPECT_EQ(drafts(chat).queue[0].text, "second");
}

TEST_F(DraftsTest, a_message_that_can_not_be_kept_stays_in_the_queue) {
  const ChatId chat = new_chat();
  save(chat, full);
  const Message message = make(Role::user, "first", 12345);  // follows nothing that there is
  EXPECT_FALSE(wait<Saved>([&](auto answer) { store_->send_message(chat, message, {}, answer); }));
  EXPECT_EQ(drafts(chat).queue.size(), 2);
  EXPECT_EQ(drafts(chat).writing.text, "half a thought");
}

TEST_F(DraftsTest, the_bytes_of_a_file_are_kept_once_and_go_with_the_last_who_has_them) {
  const ChatId chat = new_chat();
  save(chat, full);
  EXPECT_EQ(stored_files(), 2);
  Drafts less = full;
  less.writing.attachments.clear();
  save(chat, less);
  EXPECT_EQ(stored_files(), 1) << "the queue still has one of them";
  save(chat, {});
  EXPECT_EQ(stored_files(), 0);
}

TEST_F(DraftsTest, a_branch_and_an_export_have_the_files_of_the_messages) {
  const ChatId chat = new_chat("Plans");
  Message message = make(Role::user, "read this");
  message.attachments = {file("notes.md", "# Notes")};
  ASSERT_TRUE(wait<Saved>([&](auto answer) { store_->add_message(chat, message, answer); }));
  save(chat, full);
  NewChat made;
  made.id = store_->new_id();
  const auto branch =
      wait<Transcript>([&](auto answer) { store_->branch(chat, message.id, made, answer); });
  ASSERT_TRUE(branch);
  ASSERT_EQ(branch->messages.at(0).attachments.size(), 1);
  EXPECT_EQ(branch->messages.at(0).attachments[0].name, "notes.md");

  const auto path = folder_ / "chats.jsonl";
  ASSERT_TRUE(wait<Saved>([&](auto answer) { store_->export_to({chat}, path, answer); }));
  std::ifstream written(path);
  const std::string text(std::istreambuf_iterator<char>(written), {});
  EXPECT_NE(text.find("\"draft_attachments\":[{"), std::string::npos);
  EXPECT_NE(text.find("\"queue\":[{"), std::string::npos);
  const auto report = wait<ImportReport>([&](auto answer) { store_->import_file(path, answer); });
  ASSERT_TRUE(report) << report.failure().message;
  const Transcript imported = load(report->chats.at(0).id);
  ASSERT_EQ(imported.messages.at(0).attachments.size(), 1);
  EXPECT_EQ(imported.messages.at(0).attachments[0].bytes, "# Notes");
  EXPECT_TRUE(drafts(report->chats.at(0).id).queue.empty()) << "what was not sent is not imported";
}

TEST_F(DraftsTest, a_database_of_the_first_version_keeps_its_drafts) {
  store_.reset();
  std::filesystem::remove(folder_ / "chats.db");
  auto chosen = options();
  chosen.migrations = chat_migrations().first(1);
  {
    ASSERT_TRUE(start(chosen));
    const ChatId chat = new_chat("old");
    store_->save_draft(chat, "from before");
    ASSERT_TRUE(flush());
  }
  restart();
  EXPECT_EQ((*opening_)->report.kind, OpenReport::Kind::migrated);
  const ChatSummary old = (*opening_)->chats.at(0);
  EXPECT_EQ(drafts(old.id).writing.text, "from before");
  save(old.id, full);
  EXPECT_EQ(drafts(old.id).queue.size(), 2);
}

}  // namespace
}  // namespace etna::chats
