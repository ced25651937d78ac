#include "tests/gui/hub/hub_fixture.h"

namespace etna::gui {
namespace {

using DiscoverTest = HubTest;

QStringList names(const ResultList& results) {
  QStringList names;
  for (int row = 0; row < results.count(); ++row)
    names << results.data(results.index(row), ResultList::NameRole).toString();
  return names;
}

TEST_F(DiscoverTest, NothingIsAskedBeforeAPersonSearches) {
  hub_controller.look();
  QTest::qWait(400);
  EXPECT_EQ(fake().searches(), 0);
  EXPECT_EQ(discover.state(), DiscoverController::Idle);
}

TEST_F(DiscoverTest, TypingAsksOnceAfterAPause) {
  for (const char* text : {"q", "qw", "qwe", "qwen"}) discover.set_text(QLatin1String(text));
  EXPECT_EQ(fake().searches(), 0);
  ASSERT_TRUE(becomes([this] { return discover.state() == DiscoverController::Filled; }));
  EXPECT_EQ(fake().searches(), 1);
  EXPECT_EQ(fake().last_query().text, "qwen");
}

TEST_F(DiscoverTest, AnAnswerToAnOlderQuestionIsDropped) {
  discover.set_text(QStringLiteral("slow"));
  discover.search();
  QTest::qWait(50);
  discover.set_text(QStringLiteral("nothing"));
  discover.search();
  ASSERT_TRUE(becomes([this] { return discover.state() == DiscoverController::Empty; }));
  QTest::qWait(100);
  EXPECT_EQ(discover.results()->count(), 0);
}

TEST_F(DiscoverTest, PagesFollowOneAnotherWithoutChangingWhatIsThere) {
  const QAbstractItemModelTester tester(discover.results());
  search(QStringLiteral("pages"));
  EXPECT_TRUE(discover.has_more());
  const QStringList first = names(*discover.results());
  QSignalSpy resets(discover.results(), &QAbstractItemModel::modelReset);
  discover.loadMore();
  discover.loadMore();
  ASSERT_TRUE(becomes([this] { return !discover.loading_more(); }));
  EXPECT_EQ(fake().searches(), 2);
  EXPECT_EQ(names(*discover.results()).mid(0, first.size()), first);
  EXPECT_EQ(discover.results()->count(), 2 * first.size());
  EXPECT_EQ(resets.count(), 0);
}

TEST_F(DiscoverTest, ConditionsBecomeTagsAndTheFitFilterAsksNobody) {
  search(QStringLiteral("qwen"));
  const int all = discover.results()->count();
  discover.set_only_fitting(true);
  EXPECT_EQ(fake().searches(), 1);
  EXPECT_EQ(discover.results()->count(), all - 2);  // all but 70 and 7 billion weights of 16 bits
  EXPECT_EQ(discover.results()->hidden(), 2);
  discover.set_format(2);
  discover.set_ability(4);
  ASSERT_TRUE(becomes([this] { return fake().searches() == 2 && discover.state() == DiscoverController::Filled; }));
  EXPECT_EQ(fake().last_query().filters, (std::vector<std::string>{"reasoning", "gguf"}));
  discover.clearFilters();
  EXPECT_FALSE(discover.filtered());
}

TEST_F(DiscoverTest, ModelsOfThisComputerAreNeverHidden) {
  search(QStringLiteral("qwen"));
  discover.set_only_fitting(true);
  const int shown = discover.results()->count();
  discover.set_present({QStringLiteral("meta-llama/Llama-3.3-70B-Instruct")});
  EXPECT_EQ(discover.results()->count(), shown + 1);
}

TEST_F(DiscoverTest, WithoutNetworkTheLastResultsAreShownWithTheirDate) {
  search(QStringLiteral("offline"));
  EXPECT_EQ(discover.state(), DiscoverController::Offline);
  EXPECT_EQ(discover.results()->count(), 0);
  search(QStringLiteral("qwen"));
  ASSERT_TRUE(becomes([this] { return kept_results(folder.filePath(QStringLiteral("results.json"))).has_value(); }));

  discover.results()->replace({});
  search(QStringLiteral("offline"));
  ASSERT_TRUE(becomes([this] { return discover.results()->count() > 0; }));
  EXPECT_TRUE(discover.sentence().contains(QLatin1String("Showing what was loaded on")));
}

TEST_F(DiscoverTest, ARateLimitCountsDownAndTriesAgainByItself) {
  search(QStringLiteral("limited"));
  ASSERT_EQ(discover.state(), DiscoverController::Waiting);
  EXPECT_EQ(discover.title().toStdString(), "Hugging Face asks us to wait");
  EXPECT_EQ(discover.sentence().toStdString(), "Trying again in 38 s.");
  EXPECT_TRUE(discover.ways().contains(HubWay::AddToken));
  ASSERT_TRUE(becomes([this] { return discover.sentence() == QLatin1String("Trying again in 37 s."); }, 3000));
  discover.search();
  ASSERT_TRUE(becomes([this] { return discover.state() == DiscoverController::Filled; }));
}

TEST_F(DiscoverTest, AFailureSaysWhatTheServerAnswered) {
  search(QStringLiteral("broken"));
  EXPECT_EQ(discover.state(), DiscoverController::Failed);
  EXPECT_EQ(discover.title().toStdString(), "Hugging Face has a problem");
}

TEST_F(DiscoverTest, APastedLinkOpensItsCard) {
  discover.set_text(QStringLiteral("https://huggingface.co/Qwen/Qwen3-8B-GGUF"));
  discover.search();
  ASSERT_TRUE(becomes([this] { return card.state() == CardController::Filled; }));
  EXPECT_EQ(card.repository().toStdString(), "Qwen/Qwen3-8B-GGUF");
}

TEST_F(DiscoverTest, RowsSayWhatTheyAre) {
  search(QStringLiteral("qwen"));
  const ResultList& results = *discover.results();
  const QModelIndex row = results.index(results.row_of(QStringLiteral("mlx-community/Qwen3-8B-4bit")));
  EXPECT_EQ(results.data(row, ResultList::ChipsRole).toString().toStdString(), "8B · MLX · chat");
  EXPECT_TRUE(results.data(row, ResultList::FitTextRole).toString().startsWith(QStringLiteral("Fits well · about ")));
  EXPECT_EQ(results.row_of(QStringLiteral("nobody/nothing")), -1);
}

}  // namespace
}  // namespace etna::gui
