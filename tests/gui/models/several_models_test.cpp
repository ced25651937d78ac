#include <QSignalSpy>

#include "tests/gui/app_fixture.h"

namespace etna::gui {
namespace {

class SeveralModelsTest : public AppTest {
protected:
  const MessageList::Message& last_message() {
    return app->chats()->messages()->at(app->chats()->messages()->count() - 1);
  }

  void ask(const QString& text) {
    app->chats()->set_draft(text);
    app->chats()->send();
  }

  QString fit_of(const QString& path) {
    RecentModels& recent = *library().recent();
    for (int row = 0; row < recent.count(); ++row) {
      if (recent.data(recent.index(row), RecentModels::PathRole).toString() == path)
        return recent.data(recent.index(row), RecentModels::FitRole).toString();
    }
    return {};
  }
};

TEST_F(SeveralModelsTest, ALoadedOneAnswersAtOnce) {
  load(QStringLiteral("/models/Qwen3-4B"));
  const quint64 first = library().model_id();
  load(QStringLiteral("/models/Llama-3.2-3B"));
  EXPECT_EQ(memory().models()->count(), 2);
  EXPECT_EQ(library().name(), QStringLiteral("Llama-3.2-3B"));
  library().load(QStringLiteral("/models/Qwen3-4B"));
  EXPECT_TRUE(library().loaded()) << "without waiting";
  EXPECT_EQ(library().model_id(), first);
  EXPECT_EQ(library().name(), QStringLiteral("Qwen3-4B"));
}

TEST_F(SeveralModelsTest, TheChosenModelIsAskedByItsId) {
  load(QStringLiteral("/models/thinking"));
  const quint64 thinking = library().model_id();
  load();
  library().use(thinking);
  ask(QStringLiteral("Hello"));
  ASSERT_TRUE(becomes([this] { return !app->chats()->writing(); }));
  EXPECT_FALSE(last_message().thinking.isEmpty());
}

TEST_F(SeveralModelsTest, AFailedLoadLeavesTheOneBeforeInUse) {
  load(QStringLiteral("/models/Qwen3-4B"));
  load(QStringLiteral("/models/damaged"));
  EXPECT_TRUE(library().loaded());
  EXPECT_EQ(library().name(), QStringLiteral("Qwen3-4B"));
  EXPECT_EQ(library().problem().code, QStringLiteral("E-MOD-04"));
  EXPECT_EQ(library().failed_name(), QStringLiteral("damaged"));
  ask(QStringLiteral("Hello"));
  ASSERT_TRUE(becomes([this] { return !app->chats()->writing(); }));
  EXPECT_EQ(last_message().state, MessageList::Done);
  library().dismissProblem();
  EXPECT_TRUE(library().loaded());
}

TEST_F(SeveralModelsTest, CancellingALoadGoesBackToTheOneBefore) {
  load(QStringLiteral("/models/Qwen3-4B"));
  library().load(QStringLiteral("/models/slow"));
  library().cancel();
  EXPECT_TRUE(library().loaded());
  EXPECT_EQ(library().name(), QStringLiteral("Qwen3-4B"));
}

TEST_F(SeveralModelsTest, ARowSaysWhichModelMustGoAndChoosingItMakesRoom) {
  load(QStringLiteral("/models/Qwen3-14B"));
  load();
  library().recent()->use(QStringLiteral("/models/Gemma-12B"));
  library().askFits();
  ASSERT_TRUE(becomes([this] { return !fit_of(QStringLiteral("/models/Gemma-12B")).isEmpty(); }));
  EXPECT_EQ(fit_of(QStringLiteral("/models/Gemma-12B")), QStringLiteral("Fits after unloading Qwen3-14B"));
  library().choose(QStringLiteral("/models/Gemma-12B"));
  ASSERT_TRUE(becomes([this] { return library().loaded(); }));
  memory().refresh();
  EXPECT_EQ(library().name(), QStringLiteral("Gemma-12B"));
  EXPECT_EQ(library().loaded_id(QStringLiteral("/models/Qwen3-14B")), 0);
  EXPECT_FALSE(library().problem().is_set());
}

TEST_F(SeveralModelsTest, ARefusedLoadOffersEachWayOutWithItsNumber) {
  load(QStringLiteral("/models/Qwen3-14B"));
  load(QStringLiteral("/models/Gemma-12B"));
  EXPECT_EQ(library().problem().code, QStringLiteral("E-MEM-01"));
  EXPECT_EQ(library().problem().action_texts(),
            (QStringList{QStringLiteral("Unload Qwen3-14B (frees 9.44 GiB)"), QStringLiteral("Load anyway…")}));
  library().makeRoom();
  ASSERT_TRUE(becomes([this] { return library().loaded(); }));
  EXPECT_EQ(library().name(), QStringLiteral("Gemma-12B"));
}

TEST_F(SeveralModelsTest, AShorterContextIsTakenAndKept) {
  LoadStore& saved = library().load_store();
  SavedLoad longest;
  longest.context_length = 40'960;
  saved.write(QStringLiteral("/models/Qwen3-14B"), longest);
  load(QStringLiteral("/models/Qwen3-14B"));
  ASSERT_EQ(library().problem().code, QStringLiteral("E-MEM-01"));
  EXPECT_EQ(library().problem().actions.front(), Remedy::SmallerContext);
  library().useShorterContext();
  ASSERT_TRUE(becomes([this] { return library().loaded(); }));
  EXPECT_EQ(library().model().context_length, saved.read(QStringLiteral("/models/Qwen3-14B")).context_length);
  EXPECT_LT(library().model().context_length, 40'960);
}

TEST_F(SeveralModelsTest, MemoryThatRanOutWhileLoadingIsToldApartFromARefusal) {
  load(QStringLiteral("/models/runsout"));
  EXPECT_EQ(library().problem().code, QStringLiteral("E-MEM-02"));
  load(QStringLiteral("/models/toobig"));
  EXPECT_EQ(library().problem().code, QStringLiteral("E-MEM-01"));
}

TEST_F(SeveralModelsTest, AnEvictedModelIsExplainedAndComesBack) {
  load(QStringLiteral("/models/evicted"));
  QSignalSpy failed(&library(), &LibraryController::failed);
  ASSERT_TRUE(becomes([this] {
    memory().refresh();
    return !library().loaded();
  }));
  EXPECT_EQ(library().problem().code, QStringLiteral("E-MEM-04"));
  EXPECT_TRUE(library().problem().body.contains(QStringLiteral("memory pressure was critical for 4 s")));
  EXPECT_EQ(library().problem().actions, (QList<Remedy::Action>{Remedy::LoadAgain, Remedy::OpenMemory}));
  EXPECT_EQ(failed.count(), 1);
  library().retry();
  ASSERT_TRUE(becomes([this] { return library().loaded(); }));
  EXPECT_FALSE(library().problem().is_set());
}

TEST_F(SeveralModelsTest, AModelThatNobodyUsedLeavesANoticeAndNoAlarm) {
  load(QStringLiteral("/models/idle"));
  ASSERT_TRUE(becomes([this] {
    memory().refresh();
    return !library().loaded();
  }));
  EXPECT_FALSE(library().problem().is_set());
  EXPECT_EQ(library().gone_notice(), QStringLiteral("idle was unloaded after 15 min without use"));
  library().retry();
  ASSERT_TRUE(becomes([this] { return library().loaded(); }));
  EXPECT_TRUE(library().gone_notice().isEmpty());
}

TEST_F(SeveralModelsTest, ADeviceThatIsLostAgainAndAgainIsGivenUp) {
  load(QStringLiteral("/models/lost"));
  for (const char* code : {"E-GPU-02", "E-GPU-03"}) {
    ask(QStringLiteral("Hello"));
    ASSERT_TRUE(becomes([this] { return !app->chats()->writing(); }));
    EXPECT_EQ(last_message().problem.code, QLatin1String(code));
  }
  EXPECT_EQ(last_message().problem.actions.front(), Remedy::UseProcessor);
}

TEST_F(SeveralModelsTest, AReplyThatRunsOutOfMemoryKeepsItsText) {
  load(QStringLiteral("/models/hungry"));
  ask(QStringLiteral("Hello"));
  ASSERT_TRUE(becomes([this] { return !app->chats()->writing(); }));
  EXPECT_EQ(last_message().problem.code, QStringLiteral("E-MEM-03"));
  EXPECT_FALSE(last_message().text.isEmpty());
}

TEST_F(SeveralModelsTest, AChosenDeviceThatIsNotThereIsExplained) {
  app->machine()->find_devices();
  ASSERT_TRUE(becomes([this] { return app->machine()->known(); }));
  app->settings()->set_device(QStringLiteral("vulkan:7"));
  load(QStringLiteral("/models/unsupported"));
  EXPECT_EQ(library().problem().code, QStringLiteral("E-GPU-04"));
  load(QStringLiteral("/models/missing"));
  EXPECT_EQ(library().problem().code, QStringLiteral("E-GPU-01"));
  EXPECT_EQ(library().problem().actions.front(), Remedy::DriverHelp);
}

TEST_F(SeveralModelsTest, WhatAModelTookIsRememberedForTheNextTime) {
  load(QStringLiteral("/models/Qwen3-4B"));
  const std::uint64_t peak = library().load_store().peak(QStringLiteral("/models/Qwen3-4B"));
  EXPECT_GT(peak, 3'500'000'000u);
  restart();
  EXPECT_EQ(library().load_store().peak(QStringLiteral("/models/Qwen3-4B")), peak);
}

}  // namespace
}  // namespace etna::gui
