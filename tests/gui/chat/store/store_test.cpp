#include "gui/chat/store/chat_store.h"

#include <nlohmann/json.hpp>

#include "gui/chat/store/chat_schema.h"
#include "tests/gui/chat/store/store_fixture.h"

namespace etna::chats {
namespace {

using Texts = std::vector<std::string>;

TEST_F(StoreTest, what_was_saved_is_there_after_a_restart) {
  start();
  EXPECT_EQ((*opening_)->report.kind, OpenReport::Kind::created);
  const ChatId chat = new_chat("Plans");
  const MessageId question = add(chat, Role::user, "Why?");
  add(chat, Role::assistant, "Because.", question);
  store_->set_pinned(chat, true);
  store_->save_draft(chat, "and how");
  ChatSettings settings;
  settings.system_prompt = "Be brief.";
  settings.temperature = 0.25;
  settings.seed = 7;
  settings.thinks = false;
  settings.stop_texts = {"END"};
  settings.overflow = Overflow::drop_oldest;
  store_->set_settings(chat, settings);
  restart();
  EXPECT_EQ((*opening_)->report.kind, OpenReport::Kind::fine);
  ASSERT_EQ((*opening_)->chats.size(), 1u);
  const ChatSummary& summary = (*opening_)->chats[0];
  EXPECT_EQ(summary.title, "Plans");
  EXPECT_TRUE(summary.pinned);
  EXPECT_EQ(summary.draft, "and how");
  EXPECT_EQ(summary.settings, settings);
  EXPECT_EQ(texts(chat), (Texts{"Why?", "Because."}));
}

TEST_F(StoreTest, ids_grow_across_restarts) {
  start();
  const ChatId chat = new_chat();
  const MessageId message = add(chat, Role::user, "a");
  restart();
  EXPECT_GT(store_->new_id(), message);
  EXPECT_LT(store_->new_id(), std::int64_t{1} << 53) << "numbers that JavaScript can hold";
}

TEST_F(StoreTest, a_reply_grows_in_the_journal_and_becomes_a_message_at_its_end) {
  start();
  const ChatId chat = new_chat();
  const MessageId question = add(chat, Role::user, "Tell me");
  Message reply = make(Role::assistant, "", question);
  reply.model_name = "Etna Starter";
  chats::Run& run = reply.run.emplace();
  run.model_name = "Etna Starter";
  run.sampling.seed = 42;
  run.max_tokens = 100;
  store_->begin_reply(chat, reply);
  for (int i = 0; i < 10; ++i) store_->append_reply(reply.id, std::to_string(i), i < 3 ? "t" : "");
  ASSERT_TRUE(flush());
  Message now = load(chat).messages.back();
  EXPECT_EQ(now.state, MessageState::streaming);
  EXPECT_EQ(now.text, "0123456789") << "also while it grows";
  store_->append_reply(reply.id, "end");
  ReplyEnd end;
  end.thinking_seconds = 2;
  end.tool_calls = {{"get_weather", "{\"city\":\"Rome\"}", "call_0"}};
  end.statistics.emplace().generated_tokens = 11;
  end.statistics->stop_reason = StopReason::length;
  end.statistics->context = {
      .size = 8192, .needed = 9300, .left_out = {.first = 3, .messages = 12, .turns = 6}, .fits = true};
  end.statistics->seed = std::uint64_t{1} << 63;
  end.statistics->cache.tokens.disk = 40;
  end.statistics->cache.sentence = "the text changed at message 2";
  store_->end_reply(chat, reply.id, end);
  restart();
  now = load(chat).messages.back();
  EXPECT_EQ(now.state, MessageState::done);
  EXPECT_EQ(now.text, "0123456789end");
  EXPECT_EQ(now.thinking, "ttt");
  EXPECT_EQ(now.thinking_seconds, 2);
  EXPECT_EQ(now.tool_calls, end.tool_calls);
  ASSERT_TRUE(now.run && now.run->statistics);
  EXPECT_EQ(now.run->statistics->stop_reason, StopReason::length);
  EXPECT_EQ(now.run->statistics->generated_tokens, 11u);
  EXPECT_EQ(now.run->statistics->context, end.statistics->context);
  EXPECT_EQ(now.run->statistics->seed, std::uint64_t{1} << 63);
  EXPECT_EQ(now.run->statistics->cache.tokens.disk, 40u);
  EXPECT_EQ(now.run->statistics->cache.sentence, "the text changed at message 2");
  EXPECT_EQ(now.run->sampling.seed, 42u);
  EXPECT_EQ(now.run->max_tokens, 100u);
  EXPECT_GT(now.run->ended, 0);
}

TEST_F(StoreTest, a_reply_that_the_end_of_the_program_cut_off_is_marked_and_can_be_continued) {
  start();
  const ChatId chat = new_chat();
  const MessageId question = add(chat, Role::user, "Tell me");
  const Message reply = make(Role::assistant, "", question);
  store_->begin_reply(chat, reply);
  store_->append_reply(reply.id, "Once upon ");
  restart();
  EXPECT_EQ((*opening_)->report.interrupted_replies, 1u);
  Message now = load(chat).messages.back();
  EXPECT_EQ(now.state, MessageState::interrupted);
  EXPECT_EQ(now.text, "Once upon ") << "what still waited when the store ended was saved";
  store_->continue_reply(chat, reply.id, chats::Run{});
  store_->append_reply(reply.id, "a time");
  store_->end_reply(chat, reply.id, {});
  now = load(chat).messages.back();
  EXPECT_EQ(now.state, MessageState::done);
  EXPECT_EQ(now.text, "Once upon a time");
}

TEST_F(StoreTest, the_journal_is_written_by_time_and_by_size) {
  auto chosen = options();
  chosen.journal = 20ms;
  ASSERT_TRUE(start(chosen));
  const ChatId chat = new_chat();
  const Message reply = make(Role::assistant, "");
  store_->begin_reply(chat, reply);
  store_->append_reply(reply.id, "soon");
  EXPECT_TRUE(inbox_.becomes([&] { return load(chat).messages.back().text == "soon"; }));
  store_->append_reply(reply.id, std::string(5000, 'x'));
  EXPECT_TRUE(inbox_.becomes([&] { return load(chat).messages.back().text.size() == 5004; }));
}

TEST_F(StoreTest, requests_that_make_no_sense_fail_alone) {
  start();
  const ChatId chat = new_chat();
  const Message lost = make(Role::user, "no parent", 4711);
  std::optional<Errc> failed;
  store_->add_message(chat, lost,
                      [&](const Outcome<Saved>& outcome) { failed = outcome ? Errc::io : outcome.failure().code; });
  const MessageId kept = add(chat, Role::user, "fine");
  EXPECT_EQ(failed, Errc::not_found);
  EXPECT_EQ(load(chat).messages.size(), 1u);
  EXPECT_FALSE(wait<Transcript>([&](auto answer) { store_->load(99, answer); }));
  EXPECT_FALSE(wait<Transcript>([&](auto answer) { store_->show_version(chat, 99, answer); }));
  EXPECT_FALSE(wait<Saved>([&](auto answer) { store_->rename(99, "x", TitleSource::person, answer); }));
  EXPECT_EQ(load(chat).messages[0].id, kept);
}

TEST_F(StoreTest, a_persons_title_is_not_replaced_by_a_models) {
  start();
  const ChatId chat = new_chat("first words");
  store_->rename(chat, "by the model", TitleSource::model);
  EXPECT_EQ(load(chat).chat.title, "by the model");
  store_->rename(chat, "mine", TitleSource::person);
  store_->rename(chat, "by the model again", TitleSource::model);
  EXPECT_EQ(load(chat).chat.title, "mine");
}

TEST_F(StoreTest, the_trash_gives_back_and_is_emptied_after_its_time) {
  start();
  const ChatId chat = new_chat("gone");
  add(chat, Role::user, "text");
  store_->trash(chat);
  const auto listed = [&](bool trash) {
    return wait<std::vector<ChatSummary>>([&](auto answer) { store_->chats(trash, answer); })->size();
  };
  EXPECT_EQ(listed(false), 0u);
  EXPECT_EQ(listed(true), 1u);
  const auto back = wait<ChatSummary>([&](auto answer) { store_->restore(chat, answer); });
  ASSERT_TRUE(back);
  EXPECT_EQ(back->title, "gone");
  EXPECT_EQ(listed(false), 1u);
  store_->trash(chat);
  restart();
  EXPECT_EQ(listed(true), 1u);
  store_.reset();
  auto chosen = options();
  chosen.trash = std::chrono::hours(-1);  // whatever is in it is old
  ASSERT_TRUE(start(chosen));
  EXPECT_EQ(listed(true), 0u);
  EXPECT_FALSE(wait<Transcript>([&](auto answer) { store_->load(chat, answer); }));
}

TEST_F(StoreTest, folders_keep_chats_until_they_go_and_then_let_them_stay) {
  start();
  const ChatId chat = new_chat();
  const Folder folder{.id = store_->new_id(), .name = "Work", .position = 1};
  store_->save_folder(folder);
  store_->set_folder(chat, folder.id);
  restart();
  ASSERT_EQ((*opening_)->folders.size(), 1u);
  EXPECT_EQ((*opening_)->folders[0].name, "Work");
  EXPECT_EQ((*opening_)->chats[0].folder, folder.id);
  store_->remove_folder(folder.id);
  EXPECT_EQ(load(chat).chat.folder, 0);
}

TEST_F(StoreTest, a_second_program_is_told_that_the_chats_are_open) {
  start();
  const std::unique_ptr<ChatStore> first = std::move(store_);
  EXPECT_FALSE(start(options()));
  EXPECT_EQ(opening_->failure().code, Errc::invalid_argument);
  ASSERT_FALSE(statuses_.empty());
  EXPECT_EQ(statuses_.back().code, "E-APP-01");
  EXPECT_FALSE(wait<Transcript>([&](auto answer) { store_->load(1, answer); })) << "answered, not kept waiting";
}

TEST_F(StoreTest, attachments_with_the_same_bytes_are_kept_once_and_go_with_the_last_message) {
  start();
  const ChatId chat = new_chat();
  Message message = make(Role::user, "look");
  message.attachments = {
      {.name = "a.txt", .media_type = "text/plain", .bytes = "same", .hash = {}},
      {.name = "b.bin", .media_type = "application/octet-stream", .bytes = std::string("s\0\xff", 3), .hash = {}}};
  store_->add_message(chat, message, {});
  Message second = make(Role::user, "again", message.id);
  second.attachments = {message.attachments[0]};
  store_->add_message(chat, second, {});
  const Transcript transcript = load(chat);
  ASSERT_EQ(transcript.messages[0].attachments.size(), 2u);
  EXPECT_EQ(transcript.messages[0].attachments[1].bytes, std::string("s\0\xff", 3));
  EXPECT_EQ(transcript.messages[1].attachments[0].name, "a.txt");
  EXPECT_EQ(transcript.messages[1].attachments[0].hash, transcript.messages[0].attachments[0].hash);
  store_->erase(chat);
  ASSERT_TRUE(flush());
  store_.reset();
  store::Database database = store::Database::open(folder_ / "chats.db", store::Database::Mode::read_only);
  EXPECT_EQ(database.value("SELECT count(*) FROM attachment"), 0);
  EXPECT_EQ(database.value("SELECT count(*) FROM message"), 0);
}

TEST_F(StoreTest, reading_sees_the_changes_asked_for_before) {
  start();
  const ChatId chat = new_chat("one");
  std::optional<std::string> title;
  store_->rename(chat, "two", TitleSource::person);
  store_->load(chat, [&](const Outcome<Transcript>& transcript) { title = transcript->chat.title; });
  store_->rename(chat, "three", TitleSource::person);
  ASSERT_TRUE(inbox_.becomes([&] { return title.has_value(); }));
  EXPECT_EQ(*title, "two");
}

TEST_F(StoreTest, a_newer_etnas_chats_are_refused_untouched_and_can_be_read) {
  start();
  const ChatId chat = new_chat("from the future");
  add(chat, Role::user, "hello");
  store_.reset();
  {
    store::Database database = store::Database::open(folder_ / "chats.db", store::Database::Mode::create);
    database.run("PRAGMA user_version = 999; PRAGMA wal_checkpoint(TRUNCATE)");
  }
  const auto bytes = [&] {
    std::ifstream file(folder_ / "chats.db", std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const std::string before = bytes();
  statuses_.clear();
  EXPECT_FALSE(start(options()));
  EXPECT_EQ(opening_->failure().code, Errc::unsupported);
  ASSERT_FALSE(statuses_.empty());
  EXPECT_EQ(statuses_.back().code, "E-DB-01");
  EXPECT_EQ(statuses_.back().sentence,
            "Version 999; this one reads up to " + std::to_string(chat_migrations().back().version) +
                ". Nothing was changed.");
  store_.reset();
  EXPECT_EQ(bytes(), before);

  auto chosen = options();
  chosen.read_only = true;
  ASSERT_TRUE(start(chosen));
  EXPECT_EQ((*opening_)->report.kind, OpenReport::Kind::read_only);
  EXPECT_EQ(texts(chat), Texts{"hello"});
  EXPECT_FALSE(wait<Saved>([&](auto answer) { store_->rename(chat, "x", TitleSource::person, answer); }));
  store_.reset();
  EXPECT_EQ(bytes(), before);
}

TEST_F(StoreTest, somebody_elses_database_is_left_alone) {
  {
    store::Database other = store::Database::open(folder_ / "chats.db", store::Database::Mode::create);
    other.run("CREATE TABLE notes(text)");
  }
  EXPECT_FALSE(start(options()));
  EXPECT_EQ(opening_->failure().code, Errc::unsupported);
}

TEST_F(StoreTest, a_migration_keeps_a_copy_of_the_old_state_and_one_that_fails_changes_nothing) {
  start();
  const ChatId chat = new_chat("old");
  add(chat, Role::user, "hello");
  store_.reset();
  std::vector<store::Migration> steps(chat_migrations().begin(), chat_migrations().end());
  const int next = store::latest_version(steps) + 1;
  steps.push_back({next, [](store::Database& database) {
                     database.run("ALTER TABLE chat ADD mood TEXT; DELETE FROM message_words");
                     fail(Errc::io, "half-way");
                   }});
  auto chosen = options();
  chosen.migrations = steps;
  EXPECT_FALSE(start(chosen));
  EXPECT_EQ(statuses_.back().code, "E-DB-03");
  store_.reset();
  EXPECT_FALSE(std::filesystem::is_empty(folder_ / "backups"));

  steps.back().apply = [](store::Database& database) { database.run("ALTER TABLE chat ADD mood TEXT"); };
  chosen = options();
  chosen.migrations = steps;
  ASSERT_TRUE(start(chosen));
  EXPECT_EQ((*opening_)->report.kind, OpenReport::Kind::migrated);
  EXPECT_EQ((*opening_)->report.version, next);
  EXPECT_TRUE(std::filesystem::exists((*opening_)->report.kept));
  EXPECT_EQ(texts(chat), Texts{"hello"});
}

TEST_F(StoreTest, a_row_that_makes_no_sense_spoils_only_itself) {
  start();
  const ChatId chat = new_chat();
  MessageId last = 0;
  std::vector<MessageId> ids;
  for (int i = 0; i < 5; ++i)
    ids.push_back(last = add(chat, i % 2 ? Role::assistant : Role::user, std::to_string(i), last));
  store_.reset();
  store::Database database = store::Database::open(folder_ / "chats.db", store::Database::Mode::create);
  const auto update = [&](const std::string& sql, MessageId id) { database.prepare(sql).with(id).run(); };
  update("UPDATE message SET role = 'wizard' WHERE id = ?", ids[1]);
  update("UPDATE message SET tool_calls = '[{]' WHERE id = ?", ids[2]);
  update("UPDATE message SET thinking_seconds = -1e300, created = -1 WHERE id = ?", ids[3]);
  database.run("UPDATE chat SET settings = 'not json', title_source = '?'");
  database = store::Database::in_memory();
  start();
  const Transcript transcript = load(chat);
  ASSERT_EQ(transcript.messages.size(), 5u);
  EXPECT_EQ(transcript.messages[1].state, MessageState::unreadable);
  EXPECT_EQ(transcript.messages[2].text, "2");
  EXPECT_EQ(transcript.messages[4].state, MessageState::done);
  EXPECT_EQ(transcript.chat.settings, ChatSettings{});
}

}  // namespace
}  // namespace etna::chats
