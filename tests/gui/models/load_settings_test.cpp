#include "gui/models/load_settings.h"

#include <QRegularExpression>
#include <QSignalSpy>

#include "tests/gui/app_fixture.h"

namespace etna::gui {
namespace {

class LoadSettingsTest : public AppTest {
protected:
  LoadSettings& sheet() { return *app->load_settings(); }

  void open(const QString& path) {
    sheet().open(path);
    EXPECT_FALSE(sheet().known());
    ASSERT_TRUE(becomes([this] { return sheet().known(); }));
  }

  /// Waits for the answer to what was changed last.
  void settle() {
    QSignalSpy estimated(&sheet(), &LoadSettings::estimated);
    sheet().estimate_again();
    ASSERT_TRUE(becomes([&] { return estimated.count() > 0; }));
  }
};

TEST_F(LoadSettingsTest, SaysWhatALoadTakesBeforeItStarts) {
  open(QStringLiteral("/models/Qwen3-8B"));
  EXPECT_EQ(sheet().name(), QStringLiteral("Qwen3-8B"));
  EXPECT_EQ(sheet().context_text(), QStringLiteral("8,192"));
  EXPECT_EQ(sheet().sentence(), QStringLiteral("Fits well: 5.95 of 12 GiB that may be used."));
  ASSERT_EQ(sheet().bars()->count(), 1);
  EXPECT_TRUE(sheet().bars()->segments(0).summary().startsWith(QStringLiteral("Weights 4.66 GiB, Context 1 GiB")));
  EXPECT_FALSE(sheet().too_big());
  EXPECT_TRUE(sheet().measured().isEmpty());
  EXPECT_TRUE(memory().models()->count() == 0) << "nothing is loaded";
}

TEST_F(LoadSettingsTest, TheSliderGoesInDoublingsBetweenTheShortestAndTheModelsOwn) {
  open(QStringLiteral("/models/Qwen3-8B"));
  sheet().set_context_position(0);
  EXPECT_EQ(sheet().context_length(), 512);
  sheet().set_context_position(1);
  EXPECT_EQ(sheet().context_length(), 40'960);
  EXPECT_DOUBLE_EQ(sheet().context_position(), 1);
  const QList<double> marks = sheet().context_marks();
  EXPECT_EQ(marks.size(), 7) << "512 to 32768";
  EXPECT_EQ(marks.front(), 0);
  sheet().set_context_position(marks.at(3));
  EXPECT_EQ(sheet().context_length(), 4096);
  sheet().set_context_position(std::nan(""));
  EXPECT_EQ(sheet().context_length(), 4096);
  sheet().setContextText(QStringLiteral("10,000"));
  EXPECT_EQ(sheet().context_length(), 10'000);
  sheet().setContextText(QStringLiteral("many"));
  EXPECT_EQ(sheet().context_length(), 10'000);
  sheet().setContextText(QStringLiteral("999999999"));
  EXPECT_EQ(sheet().context_length(), 40'960);
}

TEST_F(LoadSettingsTest, OnlyTheLatestQuestionIsAnswered) {
  open(QStringLiteral("/models/Qwen3-8B"));
  QSignalSpy estimated(&sheet(), &LoadSettings::estimated);
  for (int i = 0; i <= 100; ++i) sheet().set_context_position(i / 100.0);
  ASSERT_TRUE(becomes([&] { return estimated.count() > 0; }));
  QTest::qWait(50);
  EXPECT_LE(estimated.count(), 2) << "answers to older places of the slider are not shown";
  EXPECT_TRUE(sheet().sentence().contains(QStringLiteral("9.95 of 12 GiB"))) << sheet().sentence().toStdString();
}

TEST_F(LoadSettingsTest, WhatDoesNotFitHasWaysOutWithNumbers) {
  load(QStringLiteral("/models/Qwen3-4B"));
  open(QStringLiteral("/models/Qwen3-8B"));
  sheet().set_context_position(1);
  settle();
  ASSERT_TRUE(sheet().too_big());
  EXPECT_GE(sheet().longest_position(), 0);
  EXPECT_TRUE(sheet().shorter_text().startsWith(QStringLiteral("Use "))) << sheet().shorter_text().toStdString();
  EXPECT_TRUE(sheet().pack_text().startsWith(QStringLiteral("Pack the context to 8 bit")));
  ASSERT_EQ(sheet().unload_texts().size(), 1);
  EXPECT_EQ(sheet().unload_texts().front(), QStringLiteral("Unload Qwen3-4B (frees 3.62 GiB)"));

  sheet().pack();
  settle();
  EXPECT_EQ(sheet().precision(), 1);
  EXPECT_FALSE(sheet().too_big());
  sheet().set_precision(0);
  settle();
  sheet().useShorter();
  settle();
  EXPECT_FALSE(sheet().too_big());
  sheet().set_context_position(1);
  settle();
  sheet().unloadRoom(0);
  EXPECT_TRUE(becomes([this] { return !sheet().too_big(); })) << "the estimate follows what is loaded";
}

TEST_F(LoadSettingsTest, LoadAnywayAsksOnceMoreAndThenLoads) {
  open(QStringLiteral("/models/toobig"));
  ASSERT_TRUE(sheet().too_big());
  sheet().askAnyway();
  EXPECT_TRUE(sheet().asking());
  sheet().set_precision(2);
  EXPECT_FALSE(sheet().asking()) << "another load is another question";
  sheet().askAnyway();
  sheet().loadAnyway();
  ASSERT_TRUE(becomes([this] { return library().loaded(); }));
  EXPECT_EQ(library().name(), QStringLiteral("toobig"));
}

TEST_F(LoadSettingsTest, AFailureKeepsTheSettingsAndAPlainClickUsesThem) {
  open(QStringLiteral("/models/Qwen3-8B"));
  sheet().set_context_length(4096);
  sheet().set_precision(1);
  sheet().set_keep(1);
  sheet().load();
  ASSERT_TRUE(becomes([this] { return library().loaded(); }));
  EXPECT_EQ(library().model().context_length, 4096);
  memory().refresh();
  EXPECT_TRUE(memory().status().models.front().pinned);
  restart();
  load(QStringLiteral("/models/Qwen3-8B"));
  EXPECT_EQ(library().model().context_length, 4096);
  EXPECT_EQ(memory().status().models.front().settings, "4096 tokens of context · 8 bit");
  sheet().open(QStringLiteral("/models/Qwen3-8B"));
  EXPECT_EQ(sheet().precision(), 1);
  EXPECT_EQ(sheet().keep(), 1);
  EXPECT_TRUE(sheet().measured().startsWith(QStringLiteral("Measured last time: ")));
  sheet().reset();
  EXPECT_EQ(sheet().saved(), SavedLoad());
}

TEST_F(LoadSettingsTest, LoadingTheSameModelOtherwiseTakesItsPlace) {
  load(QStringLiteral("/models/Qwen3-14B"));
  const quint64 before = library().model_id();
  open(QStringLiteral("/models/Qwen3-14B"));
  EXPECT_FALSE(sheet().too_big()) << "its own memory is not in its way";
  sheet().set_context_length(4096);
  sheet().load();
  ASSERT_TRUE(becomes([this] { return library().loaded() && library().model().context_length == 4096; }));
  memory().refresh();
  EXPECT_EQ(memory().models()->count(), 1);
  EXPECT_NE(library().model_id(), before);
  EXPECT_FALSE(library().problem().is_set());
}

TEST_F(LoadSettingsTest, AModelThatCannotBeReadSaysSo) {
  sheet().open(QStringLiteral("/models/damaged"));
  ASSERT_TRUE(becomes([this] { return sheet().unreadable(); }));
  EXPECT_FALSE(sheet().sentence().isEmpty());
  EXPECT_EQ(sheet().bars()->count(), 0);
}

TEST_F(LoadSettingsTest, LayersAreChosenByItselfOrByNumber) {
  qputenv("ETNA_FAKE_MEMORY", "discrete");
  open(QStringLiteral("/models/Qwen3-32B"));
  EXPECT_TRUE(sheet().automatic_layers());
  EXPECT_EQ(sheet().all_layers(), 32);
  const int fitting = sheet().layers();
  EXPECT_GT(fitting, 4);
  EXPECT_LT(fitting, 32);
  EXPECT_TRUE(sheet().layers_note().contains(QStringLiteral("times slower"))) << sheet().layers_note().toStdString();
  EXPECT_EQ(sheet().bars()->count(), 2) << "graphics and system memory";
  sheet().set_automatic_layers(false);
  sheet().set_layers(4);
  settle();
  EXPECT_EQ(sheet().layers(), 4);
  EXPECT_TRUE(sheet().layers_note().startsWith(QStringLiteral("4 of 32 layers")));
  qunsetenv("ETNA_FAKE_MEMORY");
}

}  // namespace
}  // namespace etna::gui
