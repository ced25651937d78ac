#include "gui/memory/memory_monitor.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>

#include "tests/gui/app_fixture.h"

namespace etna::gui {
namespace {

using MemoryMonitorTest = AppTest;

TEST_F(MemoryMonitorTest, SaysWhatIsHeldOfTheLimitAndHowTightItIs) {
  load();
  EXPECT_EQ(memory().text(), QStringLiteral("40.1 MiB / 12.0 GiB"));
  EXPECT_EQ(memory().word(), QStringLiteral("calm"));
  EXPECT_EQ(memory().pressure(), MemoryMonitor::Calm);
  EXPECT_GT(memory().fraction(), 0);
  EXPECT_LT(memory().fraction(), 0.01);
  qputenv("ETNA_FAKE_PRESSURE", "tight");
  memory().refresh();
  qunsetenv("ETNA_FAKE_PRESSURE");
  EXPECT_EQ(memory().pressure(), MemoryMonitor::Tight);
  EXPECT_TRUE(memory().sentence().startsWith(QStringLiteral("Memory is tight.")));
}

TEST_F(MemoryMonitorTest, LooksTwiceASecondOnItsPageSeldomElsewhereAndNeverWhenHidden) {
  QSignalSpy sampled(&memory(), &MemoryMonitor::sampled);
  QTest::qWait(700);
  EXPECT_EQ(sampled.count(), 0) << "hidden";
  memory().set_visible(true);
  EXPECT_EQ(sampled.count(), 1) << "at once";
  QTest::qWait(900);
  EXPECT_EQ(sampled.count(), 1) << "every five seconds";
  memory().set_page_visible(true);
  EXPECT_TRUE(becomes([&] { return sampled.count() >= 4; }, 3000));
  memory().set_visible(false);
  const qsizetype before = sampled.count();
  QTest::qWait(700);
  EXPECT_EQ(sampled.count(), before);
}

TEST_F(MemoryMonitorTest, NobodyIsToldWhenNothingChanged) {
  const QAbstractItemModelTester pools(memory().pools());
  const QAbstractItemModelTester uses(memory().uses());
  const QAbstractItemModelTester models(memory().models());
  memory().set_visible(true);
  memory().set_page_visible(true);
  load(QStringLiteral("/models/Qwen3-4B"));
  QSignalSpy changed(&memory(), &MemoryMonitor::changed);
  QSignalSpy details(&memory(), &MemoryMonitor::detailsChanged);
  QSignalSpy bars(memory().pools(), &BarList::dataChanged);
  QSignalSpy rows(memory().uses(), &UseList::dataChanged);
  QSignalSpy loaded(memory().models(), &LoadedModels::dataChanged);
  for (int i = 0; i < 5; ++i) memory().refresh();
  for (const QSignalSpy* spy : {&changed, &details, &bars, &rows, &loaded}) EXPECT_EQ(spy->count(), 0);
}

TEST_F(MemoryMonitorTest, AGraphicsCardIsASecondPoolWithWhatIsNotKnownInASentence) {
  qputenv("ETNA_FAKE_MEMORY", "discrete");
  memory().set_visible(true);
  memory().set_page_visible(true);
  load(QStringLiteral("/models/Qwen3-4B"));
  qunsetenv("ETNA_FAKE_MEMORY");
  ASSERT_EQ(memory().pools()->count(), 2);
  const QModelIndex card = memory().pools()->index(1);
  EXPECT_EQ(memory().pools()->data(card, BarList::NameRole).toString(), QStringLiteral("NVIDIA GeForce RTX 4070"));
  EXPECT_TRUE(
      memory().pools()->data(card, BarList::NoteRole).toString().startsWith(QStringLiteral("This driver does not")));
}

TEST_F(MemoryMonitorTest, AModelIsPinnedAndUnloaded) {
  app->limits()->set_idle(2);
  load(QStringLiteral("/models/Qwen3-4B"));
  LoadedModels& models = *memory().models();
  ASSERT_EQ(models.count(), 1);
  const auto text = [&](int role) { return models.data(models.index(0), role).toString(); };
  EXPECT_EQ(text(LoadedModels::UsedRole), QStringLiteral("used just now"));
  EXPECT_TRUE(text(LoadedModels::UnloadsRole).startsWith(QStringLiteral("unloads in 1")))
      << text(LoadedModels::UnloadsRole).toStdString();
  const quint64 id = models.data(models.index(0), LoadedModels::ModelIdRole).toULongLong();
  models.setPinned(id, true);
  EXPECT_EQ(text(LoadedModels::UnloadsRole), QStringLiteral("stays until you unload it"));
  models.unload(id);
  EXPECT_TRUE(becomes([&] { return models.count() == 0; }));
  EXPECT_EQ(library().state(), LibraryController::NoModel);
  EXPECT_TRUE(library().gone_notice().isEmpty()) << "it was asked for";
  EXPECT_EQ(library().last_name(), QStringLiteral("Qwen3-4B")) << "and can be loaded again";
}

TEST_F(MemoryMonitorTest, TheReportHoldsEveryUseToTheByte) {
  load(QStringLiteral("/models/Qwen3-4B"));
  const QString report = memory().report();
  EXPECT_TRUE(report.contains(QStringLiteral("Qwen3-4B, weights: 2500000000 B")));
  EXPECT_TRUE(report.contains(QStringLiteral("Page size: 4 KiB")));
}

}  // namespace
}  // namespace etna::gui
