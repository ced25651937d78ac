#include "gui/models/library_controller.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>

#include "tests/gui/fixture.h"

namespace etna::gui {
namespace {

using LibraryControllerTest = ControllerTest;

TEST_F(LibraryControllerTest, LoadsTheStarterAndSaysWhatItIs) {
  load();
  EXPECT_TRUE(library.loaded());
  EXPECT_TRUE(library.starter());
  EXPECT_EQ(library.pill_text(), QStringLiteral("Etna Starter"));
  EXPECT_TRUE(library.description().startsWith(QStringLiteral("19.9 million parameters")));
  EXPECT_EQ(library.job()->state(), Job::Finished);
  EXPECT_EQ(library.recent()->count(), 0) << "the starter is always there, it needs no place in the list";
}

TEST_F(LibraryControllerTest, ShowsProgressWithPercentAndBytes) {
  library.load(QStringLiteral("/models/slow"));
  ASSERT_TRUE(becomes([this] { return library.job()->progress() > 0.02; }));
  EXPECT_TRUE(library.job()->status_text().contains(QStringLiteral("of 2.5 GB"))) << library.job()->status_text().toStdString();
  library.cancel();
}

TEST_F(LibraryControllerTest, CancelEndsALoadAtOnce) {
  library.load(QStringLiteral("/models/slow"));
  library.cancel();
  EXPECT_EQ(library.state(), LibraryController::NoModel);
  EXPECT_EQ(library.job()->state(), Job::Cancelled);
  EXPECT_FALSE(library.problem().is_set());
  load();
  EXPECT_TRUE(library.loaded()) << "the engine is free for the next one";
}

TEST_F(LibraryControllerTest, EachFailureBecomesItsEntryOfTheCatalogue) {
  const std::pair<const char*, const char*> cases[] = {
      {"damaged", "E-MOD-04"}, {"unsupported", "E-MOD-02"}, {"toobig", "E-MEM-01"}, {"unreadable", "E-DSK-03"}};
  for (const auto& [name, code] : cases) {
    load(folder.path() + u'/' + QLatin1String(name));
    EXPECT_EQ(library.state(), LibraryController::Failed);
    EXPECT_EQ(library.problem().code, QLatin1String(code));
    EXPECT_EQ(library.job()->state(), Job::Failed);
  }
  library.dismissProblem();
  EXPECT_EQ(library.state(), LibraryController::NoModel);
}

TEST_F(LibraryControllerTest, ALaterLoadReplacesTheOneThatRuns) {
  library.load(QStringLiteral("/models/slow"));
  load(QStringLiteral("/models/quick"));
  EXPECT_EQ(library.name(), QStringLiteral("quick"));
  QTest::qWait(50);
  EXPECT_TRUE(library.loaded());
}

TEST_F(LibraryControllerTest, ModelsUsedLatelyAreKeptNewestFirst) {
  const QAbstractItemModelTester tester(library.recent());
  load(QStringLiteral("/models/a"));
  load(QStringLiteral("/models/b"));
  load(QStringLiteral("/models/a"));
  EXPECT_EQ(library.recent()->count(), 2);
  EXPECT_EQ(library.recent()->data(library.recent()->index(0), RecentModels::NameRole).toString(), QStringLiteral("a"));
  EXPECT_EQ(RecentModels(store).count(), 2) << "and survive a restart";
  EXPECT_EQ(library.last_name(), QStringLiteral("a"));
}

TEST_F(LibraryControllerTest, AFileOfAModelStandsForItsFolder) {
  library.openFile(QUrl::fromLocalFile(QStringLiteral("/models/mine/model.safetensors")));
  ASSERT_TRUE(becomes([this] { return library.loaded(); }));
  EXPECT_EQ(library.name(), QStringLiteral("mine"));
}

TEST_F(LibraryControllerTest, AFailedModelCanBeTakenOffTheList) {
  load(QStringLiteral("/models/a"));
  load(QStringLiteral("/models/missing"));
  EXPECT_EQ(library.problem().code, QStringLiteral("E-DSK-04"));
  library.forgetFailed();
  EXPECT_FALSE(library.problem().is_set());
}

TEST_F(LibraryControllerTest, ALoadLeavesAMarkUntilItEnds) {
  library.load(QStringLiteral("/models/slow"));
  EXPECT_TRUE(settings.load_was_interrupted());
  library.cancel();
  EXPECT_FALSE(settings.load_was_interrupted());
}

TEST_F(LibraryControllerTest, AnotherDeviceAsksForAReload) {
  load();
  EXPECT_FALSE(library.reload_needed());
  settings.set_device(QStringLiteral("cpu"));
  EXPECT_TRUE(library.reload_needed());
  library.retry();
  ASSERT_TRUE(becomes([this] { return library.loaded(); }));
  EXPECT_FALSE(library.reload_needed());
}

}  // namespace
}  // namespace etna::gui
