#include "gui/chat/compare/compare_controller.h"

#include "tests/gui/app_fixture.h"

namespace etna::gui {
namespace {

class CompareTest : public AppTest {
protected:
  ChatController& chats() { return *app->chats(); }

  CompareController& compare() { return *app->compare(); }

  void ask(const QString& text) {
    compare().set_draft(text);
    ASSERT_TRUE(compare().can_send()) << compare().hint().toStdString();
    compare().send();
    ASSERT_TRUE(becomes([this] { return !compare().running(); }, 60'000));
  }

  static QString answer(CompareColumn& column) { return column.messages()->at(column.answer_row()).text; }

  std::size_t loaded_models() { return engine->memory().models.size(); }
};

TEST_F(CompareTest, BaseAndAdapterAreAskedTheSameWithTheSameSeed) {
  load(QStringLiteral("/models/Qwen3-4B"));
  compare().tryOut(QStringLiteral("/models/Qwen3-4B"), QStringLiteral("/adapters/legal-tone"));
  EXPECT_FALSE(compare().in_chat());
  EXPECT_EQ(compare().left()->name(), QStringLiteral("Qwen3-4B"));
  EXPECT_EQ(compare().right()->name(), QStringLiteral("Qwen3-4B with legal-tone"));
  compare().set_seed(QStringLiteral("42"));
  ask(QStringLiteral("[echo] hello"));
  EXPECT_EQ(answer(*compare().left()), QStringLiteral("seed 42 adapter  messages 1\n[echo] hello"));
  EXPECT_EQ(answer(*compare().right()), QStringLiteral("seed 42 adapter /adapters/legal-tone messages 1\n[echo] hello"));
  EXPECT_FALSE(compare().left()->statistics().isEmpty());
  EXPECT_FALSE(compare().right()->statistics().isEmpty());
  EXPECT_FALSE(compare().left()->can_keep() && compare().in_chat());
  EXPECT_EQ(compare().note(), QStringLiteral("Both stay in memory."));
  EXPECT_EQ(loaded_models(), 2);
  EXPECT_EQ(chats().messages()->count(), 0) << "a try-out is no chat";
  compare().close();
  EXPECT_TRUE(becomes([this] { return loaded_models() == 1; })) << "what was loaded for it goes";
}

TEST_F(CompareTest, TwoModelsThatDoNotFitTogetherAnswerOneAfterTheOtherAndItSaysSo) {
  load(QStringLiteral("/models/Qwen3-8B"));
  compare().try_out({QStringLiteral("/models/Qwen3-8B"), {}}, {QStringLiteral("/models/Mistral-9B"), {}});
  ask(QStringLiteral("hello"));
  EXPECT_EQ(compare().left()->state(), CompareColumn::Done);
  EXPECT_EQ(compare().right()->state(), CompareColumn::Done);
  EXPECT_TRUE(compare().note().startsWith(QStringLiteral("Memory does not hold both: Mistral-9B needs ")))
      << compare().note().toStdString();
  EXPECT_EQ(loaded_models(), 1);
  compare().close();
  memory().refresh();
  EXPECT_TRUE(becomes([this] { return library().loaded() && library().path() == QStringLiteral("/models/Qwen3-8B"); }))
      << "the one that made room comes back";
}

TEST_F(CompareTest, InAChatTheAnswersAreVersionsAndTheOneThatIsKeptIsShown) {
  load(QStringLiteral("/models/Qwen3-4B"));
  chats().set_draft(QStringLiteral("first"));
  chats().send();
  ASSERT_TRUE(becomes([this] { return !chats().busy(); }, 30'000));
  compare().begin();
  ASSERT_TRUE(compare().in_chat());
  compare().chooseAdapter(1, QUrl::fromLocalFile(QStringLiteral("/adapters/legal-tone")));
  ask(QStringLiteral("[echo] second"));
  EXPECT_TRUE(answer(*compare().left()).contains(QStringLiteral("messages 3"))) << "the chat so far comes first";
  ASSERT_TRUE(becomes([this] { return chats().messages()->count() == 4; }));
  EXPECT_EQ(chats().messages()->at(3).versions, 2);
  EXPECT_EQ(chats().messages()->at(3).version, 1);
  ASSERT_TRUE(compare().right()->can_keep());
  compare().keep(1);
  EXPECT_TRUE(compare().right()->kept());
  EXPECT_FALSE(compare().left()->kept());
  ASSERT_TRUE(becomes([this] { return chats().messages()->at(3).version == 2; }));
  EXPECT_TRUE(chats().lastReply().contains(QStringLiteral("/adapters/legal-tone")));
  EXPECT_EQ(chats().messages()->at(3).model_name, QStringLiteral("Qwen3-4B with legal-tone"));

  restart();
  ASSERT_TRUE(becomes([this] { return chats().chats()->count() == 2; }));
  for (int row = 0; row < 2; ++row) {
    if (!chats().chats()->at(row).title.isEmpty()) chats().select(chats().chats()->at(row).id);
  }
  ASSERT_TRUE(becomes([this] { return chats().messages()->count() == 4; }));
  EXPECT_EQ(chats().messages()->at(3).version, 2);
  chats().switchVersion(3, -1);
  EXPECT_TRUE(becomes([this] { return chats().messages()->count() == 4 && chats().messages()->at(3).version == 1; }));
  EXPECT_FALSE(chats().lastReply().contains(QStringLiteral("/adapters")));
}

TEST_F(CompareTest, TheSameOnBothSidesIsNotAsked) {
  load(QStringLiteral("/models/Qwen3-4B"));
  compare().begin();
  compare().set_draft(QStringLiteral("hello"));
  EXPECT_FALSE(compare().can_send());
  EXPECT_FALSE(compare().hint().isEmpty());
  EXPECT_EQ(chats().draft(), QStringLiteral("hello")) << "the draft is the chat's, and kept with it";
  compare().close();
  EXPECT_EQ(chats().draft(), QStringLiteral("hello"));
}

TEST_F(CompareTest, AModelThatCanNotBeLoadedSpoilsOnlyItsSide) {
  load(QStringLiteral("/models/Qwen3-4B"));
  compare().try_out({QStringLiteral("/models/damaged-4B"), {}}, {QStringLiteral("/models/Qwen3-4B"), {}});
  ask(QStringLiteral("hello"));
  EXPECT_EQ(compare().left()->state(), CompareColumn::Broken);
  EXPECT_TRUE(compare().left()->problem().is_set());
  EXPECT_EQ(compare().right()->state(), CompareColumn::Done);
}

TEST_F(CompareTest, StopEndsBothAndKeepsWhatWasWritten) {
  load(QStringLiteral("/models/Qwen3-4B"));
  compare().begin();
  compare().chooseAdapter(1, QUrl::fromLocalFile(QStringLiteral("/adapters/a")));
  compare().set_draft(QStringLiteral("something very long"));
  compare().send();
  ASSERT_TRUE(becomes([this] { return compare().left()->state() == CompareColumn::Writing; }));
  compare().stop();
  EXPECT_FALSE(compare().running());
  EXPECT_EQ(compare().left()->state(), CompareColumn::Done);
  EXPECT_EQ(compare().right()->state(), CompareColumn::Idle);
  ASSERT_TRUE(becomes([this] { return chats().messages()->count() == 2; }));
  EXPECT_EQ(chats().messages()->at(1).statistics->stop_reason, StopReason::stopped);
}

TEST_F(CompareTest, AnotherChatEndsTheComparison) {
  load(QStringLiteral("/models/Qwen3-4B"));
  chats().set_draft(QStringLiteral("first"));
  chats().send();
  ASSERT_TRUE(becomes([this] { return !chats().busy(); }, 30'000));
  compare().begin();
  chats().newChat();
  EXPECT_FALSE(compare().is_open());
}

TEST_F(CompareTest, InATemporaryChatTheKeptAnswerIsAddedToIt) {
  chats().newTemporaryChat();
  load(QStringLiteral("/models/Qwen3-4B"));
  compare().begin();
  compare().chooseAdapter(1, QUrl::fromLocalFile(QStringLiteral("/adapters/a")));
  ask(QStringLiteral("[echo] hello"));
  EXPECT_EQ(chats().messages()->count(), 0);
  compare().keep(1);
  ASSERT_EQ(chats().messages()->count(), 2);
  EXPECT_TRUE(chats().lastReply().contains(QStringLiteral("/adapters/a")));
}

}  // namespace
}  // namespace etna::gui
