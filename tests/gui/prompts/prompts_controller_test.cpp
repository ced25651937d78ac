#include "gui/prompts/prompts_controller.h"

#include "gui/prompts/conversation.h"
#include "tests/gui/prompts/prompts_fixture.h"

namespace etna::gui {
namespace {

TEST_F(PromptsTest, TheEngineKeepsPromptsInItsUsualFoldersAndWithinTheLimit) {
  EXPECT_EQ(engine->prompt_cache_settings().disk_folder, Engine::usual_prompt_cache().disk_folder);
  EXPECT_EQ(engine->prompt_cache_settings().snapshot_folder, Engine::usual_prompt_cache().snapshot_folder);
  EXPECT_EQ(engine->prompt_cache_settings().disk_bytes, 8'000'000'000u);
  EXPECT_EQ(prompts.limit_text(), QStringLiteral("8 GB"));
  EXPECT_EQ(prompts.folder(), QStringLiteral("/home/ada/.cache/etna/prompts"));
}

TEST_F(PromptsTest, WhatAPersonChoseHoldsAtOnceAndAfterARestart) {
  prompts.set_limit(2);
  EXPECT_TRUE(becomes([&] { return engine->prompt_cache_settings().disk_bytes == 2'000'000'000u; }));
  prompts.set_on_disk(false);
  EXPECT_TRUE(becomes([&] { return engine->prompt_cache_settings().disk_folder.empty(); }));
  EXPECT_FALSE(engine->prompt_cache_settings().snapshot_folder.empty()) << "snapshots are no cache";
  PromptsController again(*engine, chats, keeper, store, Engine::usual_prompt_cache());
  EXPECT_FALSE(again.on_disk());
  EXPECT_EQ(again.limit(), 2);
  again.shut_down();
  store.setValue(QStringLiteral("prompts/diskBytes"), QStringLiteral("nonsense"));
  PromptsController edited(*engine, chats, keeper, store, Engine::usual_prompt_cache());
  EXPECT_EQ(edited.limit_text(), QStringLiteral("8 GB"));
  edited.shut_down();
}

TEST_F(PromptsTest, AFolderThatCannotBeMadeIsSaidAndChatsGoOn) {
  PromptCacheSettings places = Engine::usual_prompt_cache();
  places.disk_folder = "/unwritable/prompts";
  PromptsController other(*engine, chats, keeper, store, places);
  EXPECT_TRUE(other.trouble().contains(QStringLiteral("/unwritable/prompts"))) << other.trouble().toStdString();
  EXPECT_TRUE(engine->prompt_cache_settings().disk_folder.empty());
  EXPECT_FALSE(engine->prompt_cache_settings().snapshot_folder.empty());
  other.shut_down();
}

TEST_F(PromptsTest, PromptsAreListedByTheirChats) {
  load();
  ask(QStringLiteral("Tell me a story about a robot please"));
  prompts.set_active(true);
  ASSERT_TRUE(becomes([&] { return prompts.prompts()->count() == 1; }));
  const KeptPromptList& list = *prompts.prompts();
  const auto text = [&](KeptPromptList::Role role) { return list.data(list.index(0), role).toString(); };
  EXPECT_EQ(text(KeptPromptList::TitleRole), chats.title());
  EXPECT_EQ(text(KeptPromptList::ModelRole), library.name());
  EXPECT_EQ(text(KeptPromptList::DetailRole), QStringLiteral("37 tokens · f16"));
  EXPECT_TRUE(text(KeptPromptList::MemoryRole).endsWith(QStringLiteral(" MiB in memory")));
  EXPECT_EQ(text(KeptPromptList::DiskRole), QStringLiteral("4.85 MB on disk"));
  EXPECT_TRUE(prompts.hit_text().contains(QStringLiteral("37 prompt tokens"))) << prompts.hit_text().toStdString();
  chats.newChat();
  ask(QStringLiteral("Another one"));
  EXPECT_TRUE(becomes([&] { return list.count() == 2; })) << "what is looked at is up to date";
  prompts.forget(1);
  EXPECT_TRUE(becomes([&] { return list.count() == 1; }));
  prompts.forgetModel(library.name());
  EXPECT_TRUE(becomes([&] { return list.count() == 0; }));
  EXPECT_TRUE(engine->kept_prompts().empty());
}

TEST_F(PromptsTest, ATemporaryChatIsNeverWrittenAndForgottenWhenItIsClosed) {
  load();
  chats.newTemporaryChat();
  ask(QStringLiteral("A secret"));
  const std::string conversation = chats.current_conversation();
  const auto kept = kept_of(conversation);
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(kept->disk_bytes, 0u);
  chats.remove(chats.current_id());
  EXPECT_TRUE(becomes([&] { return !kept_of(conversation); }));
}

TEST_F(PromptsTest, AChatThatIsDeletedForGoodTakesAlongWhatWasKeptOfIt) {
  load();
  ask(QStringLiteral("The first"));
  const std::string first = chats.current_conversation();
  const chats::ChatId stored = *chat_of(first);
  chats.newChat();
  ask(QStringLiteral("The second"));
  const std::string second = chats.current_conversation();
  chats.remove(chats.chats()->at(1).id);
  ASSERT_TRUE(kept_of(first).has_value()) << "the Trash gives chats back";
  keeper.store().erase(stored);
  EXPECT_TRUE(becomes([&] { return !kept_of(first); }));
  EXPECT_TRUE(kept_of(second).has_value());
}

TEST_F(PromptsTest, RepliesSayWhereTheirPromptCameFromAndWhyNotMore) {
  load();
  ask(QStringLiteral("Hello"));
  ask(QStringLiteral("And all of it read again"));
  const MessageList::Message& reply = last_message();
  ASSERT_TRUE(reply.statistics.has_value());
  EXPECT_EQ(reply.statistics->cache.sentence, "the text changed at message 2");
  const QString line = chats.messages()->data(chats.messages()->index(3), MessageList::StatisticsRole).toString();
  EXPECT_TRUE(line.contains(QStringLiteral("0 % of prompt from cache (the text changed at message 2)")))
      << line.toStdString();
  ASSERT_TRUE(reply.run.has_value());
  EXPECT_EQ(reply.run->model_hash, "9f86d081884c7d65");
}

TEST(Conversations, NamesLeadBackToTheirChats) {
  Chat chat;
  chat.id = 3;
  chat.stored = 17;
  EXPECT_EQ(chat_of(conversation_of(chat)), 17);
  chat.temporary = true;
  EXPECT_FALSE(chat_of(conversation_of(chat)).has_value());
  for (const char* name : {"", "chat", "chat x", "chat 1 2", "chat 99999999999999999999", "another"})
    EXPECT_FALSE(chat_of(name).has_value()) << name;
}

}  // namespace
}  // namespace etna::gui
