#include "tests/gui/hub/hub_fixture.h"

namespace etna::gui {
namespace {

using CardTest = HubTest;

const QString quants = QStringLiteral("Qwen/Qwen3-8B-GGUF");

TEST_F(CardTest, ACardOpensWithOneVersionRecommendedAndAReason) {
  const QAbstractItemModelTester tester(card.versions());
  open_card(quants);
  ASSERT_EQ(card.state(), CardController::Filled);
  ASSERT_EQ(card.versions()->count(), 4);
  const int best = card.versions()->recommended();
  ASSERT_GE(best, 0);
  ASSERT_TRUE(becomes([&] { return card.selected() == best && card.action() == CardController::Download; }));
  const QString line = card.versions()->data(card.versions()->index(best), VersionList::WordsRole).toString();
  EXPECT_TRUE(line.contains(QLatin1String("recommended: "))) << line.toStdString();
  EXPECT_TRUE(card.action_text().startsWith(QLatin1String("Download ")));
}

TEST_F(CardTest, HeadersAreReadForTheVersionsThatAreLookedAtAndOnceEach) {
  open_card(quants);
  ASSERT_TRUE(becomes([&] { return card.action() == CardController::Download; }));
  const int before = fake().descriptions();
  EXPECT_LE(before, 2);
  card.select(3);
  ASSERT_TRUE(becomes([&] { return card.action() == CardController::Download; }));
  EXPECT_EQ(fake().descriptions(), before + 1);
  card.set_context_position(1.0);
  QTest::qWait(100);
  EXPECT_EQ(fake().descriptions(), before + 1);
}

TEST_F(CardTest, TheSliderMovesEveryBar) {
  open_card(quants);
  ASSERT_TRUE(becomes([&] { return card.context_known() && card.action() == CardController::Download; }));
  std::vector<std::uint64_t> before;
  for (int row = 0; row < card.versions()->count(); ++row) before.push_back(card.versions()->estimate(row)->total());
  card.set_context_position(1.0);
  ASSERT_TRUE(becomes([&] { return card.versions()->estimate(0)->total() > before[0]; }));
  for (int row = 0; row < card.versions()->count(); ++row)
    EXPECT_GT(card.versions()->estimate(row)->total(), before[static_cast<std::size_t>(row)]) << row;
  card.set_context_position(0.0);
  EXPECT_EQ(card.context_text().toStdString(), "2,048 tokens");
}

TEST_F(CardTest, AGatedModelSaysSoAndHasNoDownload) {
  open_card(QStringLiteral("google/gemma-3-4b-it-gated"));
  EXPECT_EQ(card.action(), CardController::Access);
  EXPECT_TRUE(card.blocked().startsWith(QLatin1String("This model needs your consent. ")));
  EXPECT_FALSE(card.gate().isEmpty());
  card.download();
  QTest::qWait(50);
  EXPECT_EQ(downloads.list()->count(), 0);
}

TEST_F(CardTest, AnUnknownArchitectureIsNamed) {
  open_card(QStringLiteral("state-spaces/Mamba-Codestral-7B"));
  EXPECT_EQ(card.action(), CardController::Unsupported);
  EXPECT_EQ(card.blocked().toStdString(), "Not supported: architecture ‘mamba2’ is not one that Etna knows");
}

TEST_F(CardTest, ARepositoryWithNothingToChooseSaysWhy) {
  open_card(QStringLiteral("someone/pickle-only"));
  EXPECT_EQ(card.action(), CardController::Nothing);
  EXPECT_TRUE(card.sentence().contains(QLatin1String("pickle")));
}

TEST_F(CardTest, AModelThatIsGoneSaysSo) {
  open_card(QStringLiteral("nobody/gone"));
  EXPECT_EQ(card.state(), CardController::Failed);
  EXPECT_EQ(card.title().toStdString(), "Not found on Hugging Face");
}

TEST_F(CardTest, ADownloadTurnsTheButtonIntoUse) {
  open_card(quants);
  ASSERT_TRUE(becomes([&] { return card.action() == CardController::Download; }));
  card.download();
  ASSERT_TRUE(becomes([&] { return card.action() == CardController::Busy; }));
  EXPECT_TRUE(card.action_text().startsWith(QLatin1String("Downloading")));
  ASSERT_TRUE(becomes([&] { return card.action() == CardController::Use; }));
  EXPECT_EQ(card.action_text().toStdString(), "Use in new chat");
  EXPECT_TRUE(card.use_path().endsWith(QLatin1String(".gguf")));
}

TEST_F(CardTest, OpeningAnotherCardDropsTheFirstOnesAnswers) {
  card.open(quants);
  card.open(QStringLiteral("mlx-community/Qwen3-8B-4bit"));
  ASSERT_TRUE(becomes([&] { return card.state() == CardController::Filled; }));
  QTest::qWait(100);
  EXPECT_EQ(card.name().toStdString(), "Qwen3-8B-4bit");
  EXPECT_EQ(card.versions()->count(), 1);
  card.close();
  EXPECT_EQ(card.state(), CardController::Closed);
  EXPECT_EQ(card.versions()->count(), 0);
}

TEST_F(CardTest, TheResultRowTakesTheExactAnswer) {
  search(QStringLiteral("qwen"));
  open_card(quants);
  const ResultList& results = *discover.results();
  const QModelIndex row = results.index(results.row_of(quants));
  ASSERT_TRUE(
      becomes([&] { return !results.data(row, ResultList::FitTextRole).toString().contains(QLatin1String("about")); }));
}

TEST_F(CardTest, TheReadmeIsMarkdownWithoutItsHead) {
  open_card(quants);
  ASSERT_TRUE(becomes([&] { return card.has_readme(); }));
  EXPECT_EQ(card.readme()->data(card.readme()->index(0), BlockList::PlainRole).toString().toStdString(), "Qwen3 8B");
}

}  // namespace
}  // namespace etna::gui
