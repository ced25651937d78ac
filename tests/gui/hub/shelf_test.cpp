#include <QElapsedTimer>

#include "gui/hub/folder_book.h"
#include "tests/gui/hub/hub_fixture.h"

namespace etna::gui {
namespace {

class ShelfTest : public HubTest {
protected:
  void SetUp() override {
    HubTest::SetUp();
    shelf.refresh();
    ASSERT_TRUE(becomes([this] { return shelf.known(); }));
  }

  QString path(const char* name) {
    for (const LibraryModel& model : shelf.models()->models())
      if (model.name == name) return QString::fromStdString(model.path);
    return {};
  }
};

QStringList names(const ShelfList& list) {
  QStringList names;
  for (const LibraryModel& model : list.models()) names << QString::fromStdString(model.name);
  return names;
}

TEST(ShelfListTest, TenThousandModelsChangeByRowsAndQuickly) {
  ShelfList list;
  LibraryScan scan = fake_library("10000");
  list.set_models(scan.models);
  const QAbstractItemModelTester tester(&list, QAbstractItemModelTester::FailureReportingMode::QtTest);
  QSignalSpy resets(&list, &QAbstractItemModel::modelReset), inserted(&list, &QAbstractItemModel::rowsInserted),
      removed(&list, &QAbstractItemModel::rowsRemoved), changed(&list, &QAbstractItemModel::dataChanged);
  list.set_models(scan.models);
  EXPECT_EQ(inserted.count() + removed.count() + changed.count(), 0);
  scan.models[5000].bytes += 1;
  scan.models.erase(scan.models.begin() + 10);
  scan.models.push_back(scan.models[0]);
  scan.models.back().path += "-copy";
  list.set_models(scan.models);
  EXPECT_EQ(inserted.count(), 1);
  EXPECT_EQ(removed.count(), 1);
  EXPECT_EQ(changed.count(), 1);
  EXPECT_EQ(resets.count(), 0);
  EXPECT_EQ(list.count(), 10'000);
}

TEST(ShelfListTest, EveryColumnSortsBothWays) {
  ShelfList list;
  const QAbstractItemModelTester tester(&list);
  list.set_models(fake_library("usual").models);
  EXPECT_EQ(names(list).front().toStdString(), "gemma-3-1b-it");
  for (int column = ShelfList::NameColumn; column <= ShelfList::StateColumn; ++column) {
    list.sortBy(column);
    const bool down = list.descending();
    list.sortBy(column);
    EXPECT_NE(list.descending(), down);
  }
  list.sortBy(ShelfList::SizeColumn);
  EXPECT_TRUE(list.descending());
  EXPECT_EQ(names(list).front().toStdString(), "Mistral-Small-24B");
  // A scan after that keeps the order.
  list.set_models(fake_library("usual").models);
  EXPECT_EQ(names(list).front().toStdString(), "Mistral-Small-24B");
}

TEST(ShelfListTest, SelectionFollowsModelsNotRows) {
  ShelfList list;
  list.set_models(fake_library("usual").models);
  list.selectOnly(0);
  list.selectTo(2);
  EXPECT_EQ(list.selected_count(), 3);
  const QStringList chosen = list.selected();
  list.sortBy(ShelfList::SizeColumn);
  EXPECT_EQ(list.selected_count(), 3);
  EXPECT_EQ(QSet<QString>(chosen.begin(), chosen.end()), [&] {
    const QStringList now = list.selected();
    return QSet<QString>(now.begin(), now.end());
  }());
  list.set_models({});
  EXPECT_EQ(list.selected_count(), 0);
}

TEST(ShelfListTest, AFilterHidesWhatDoesNotHaveItsWords) {
  ShelfList list;
  list.set_models(fake_library("usual").models);
  const QAbstractItemModelTester tester(&list);
  list.set_filter(QStringLiteral("LM studio"));
  EXPECT_EQ(list.count(), 1);
  EXPECT_EQ(list.total(), 6);
  EXPECT_TRUE(list.pathAt(0).endsWith(QLatin1String("Phi-4-mini")));
  list.selectAll();
  EXPECT_EQ(list.selected_count(), 1) << "what is not seen is not selected";
  list.sortBy(ShelfList::SizeColumn);
  EXPECT_EQ(list.count(), 1);
  // A scan brings what passes, and nothing else.
  LibraryScan scan = fake_library("usual");
  LibraryModel another = scan.models[4];
  another.path += "-2";
  scan.models.push_back(another);
  list.set_models(scan.models);
  EXPECT_EQ(list.count(), 2);
  EXPECT_EQ(list.total(), 7);
  list.set_filter(QStringLiteral("nothing like it"));
  EXPECT_EQ(list.count(), 0);
  list.set_filter({});
  EXPECT_EQ(list.count(), 7);
}

TEST(ShelfListTest, WhatIsKnownOfAModelSurvivesAScan) {
  ShelfList list;
  LibraryScan scan = fake_library("usual");
  list.set_models(scan.models);
  const QString path = QString::fromStdString(scan.models[0].path);
  const auto row = [&] {
    for (int i = 0; i < list.count(); ++i)
      if (list.pathAt(i) == path) return list.index(i);
    return QModelIndex();
  };
  list.set_memory(path, 6'000'000'000, {});
  list.toggleOpen(row().row());
  scan.models[0].bytes += 5;
  list.set_models(scan.models);
  EXPECT_FALSE(list.data(row(), ShelfList::MemoryRole).toString().isEmpty());
  EXPECT_TRUE(list.data(row(), ShelfList::OpenRole).toBool());
  EXPECT_EQ(list.bytes(), 29'722'000'005u);
}

TEST(ShelfListTest, AChangeOfOneModelTouchesOneRow) {
  ShelfList list;
  const LibraryScan scan = fake_library("10000");
  list.set_models(scan.models);
  QSignalSpy changes(&list, &QAbstractItemModel::dataChanged), layouts(&list, &QAbstractItemModel::layoutChanged),
      resets(&list, &QAbstractItemModel::modelReset);
  const std::string& one = scan.models[4321].path;
  for (int percent = 0; percent < 100; percent += 10)
    list.set_check({.path = one, .state = CheckNews::State::checking, .progress = percent / 100.0});
  list.set_loaded({QString::fromStdString(one)});
  list.set_memory(QString::fromStdString(one), 1 << 30, {});
  list.set_last_used({{QString::fromStdString(one), 1}});
  EXPECT_EQ(changes.count(), 13);
  EXPECT_EQ(layouts.count() + resets.count(), 0);
  for (const QList<QVariant>& change : changes)
    EXPECT_EQ(change[0].toModelIndex().row(), change[1].toModelIndex().row());
}

TEST_F(ShelfTest, TheLineAboveCountsModelsBytesAndFreeSpace) {
  ASSERT_TRUE(becomes([this] { return !downloads.space().isEmpty(); }));
  EXPECT_EQ(shelf.summary().toStdString(), "6 models · 29.7 GB · 212 GB free on this disk");
  EXPECT_EQ(shelf.unusable()->count(), 2);
  EXPECT_EQ(shelf.folders()->count(), 4);
}

TEST_F(ShelfTest, AModelOfMineGoesToTheTrashAndComesBack) {
  QSignalSpy trashed(&shelf, &ShelfController::trashed);
  shelf.trash(path("gemma-3-1b-it"));
  EXPECT_TRUE(shelf.question().isEmpty());
  ASSERT_TRUE(becomes([&] { return trashed.count() == 1; }));
  EXPECT_EQ(trashed.front().front().toString().toStdString(),
            "“gemma-3-1b-it” is in the Trash: emptying it frees 1.07 GB");
  ASSERT_TRUE(becomes([&] { return shelf.models()->count() == 5; }));
  shelf.undo();
  ASSERT_TRUE(becomes([&] { return shelf.models()->count() == 6; }));
}

TEST_F(ShelfTest, WhatOthersShareIsAskedAboutFirst) {
  shelf.trash(path("Phi-4-mini"));
  EXPECT_EQ(shelf.question().toStdString(), "“Phi-4-mini” belongs to: LM Studio. Other programs may use it.");
  EXPECT_EQ(shelf.answer_text().toStdString(), "Remove it there anyway");
  shelf.dropQuestion();
  QTest::qWait(50);
  EXPECT_EQ(shelf.models()->count(), 6);
  shelf.trash(path("Phi-4-mini"));
  shelf.answerQuestion();
  ASSERT_TRUE(becomes([&] { return shelf.models()->count() == 5; }));
}

TEST_F(ShelfTest, AModelInUseIsUnloadedBeforeItGoes) {
  const QString used = path("gemma-3-1b-it");
  load(used);
  ASSERT_NE(library.loaded_id(used), 0u);
  const QModelIndex row = shelf.models()->index(0);
  EXPECT_TRUE(shelf.models()->data(row, ShelfList::LoadedRole).toBool());
  EXPECT_EQ(shelf.models()->data(row, ShelfList::UsedRole).toString().toStdString(), "today");
  shelf.trash(used);
  EXPECT_EQ(shelf.answer_text().toStdString(), "Unload and move to Trash");
  shelf.answerQuestion();
  ASSERT_TRUE(becomes([&] { return shelf.models()->count() == 5 && engine->memory().models.empty(); }));
}

TEST_F(ShelfTest, MemoryIsAskedForRowsInSight) {
  EXPECT_TRUE(shelf.models()->data(shelf.models()->index(0), ShelfList::MemoryRole).toString().isEmpty());
  shelf.wantMemory(0);
  ASSERT_TRUE(becomes([&] {
    return shelf.models()
        ->data(shelf.models()->index(0), ShelfList::MemoryRole)
        .toString()
        .endsWith(QLatin1String("GiB"));
  }));
}

TEST_F(ShelfTest, ACheckSaysWhatItFound) {
  const QString checked = path("Qwen3-8B-4bit");
  shelf.check(checked);
  const auto words = [&] {
    for (int row = 0; row < shelf.models()->count(); ++row)
      if (shelf.models()->pathAt(row) == checked)
        return shelf.models()->data(shelf.models()->index(row), ShelfList::CheckedRole).toString();
    return QString();
  };
  EXPECT_EQ(words().toStdString(), "Checking the files… 0 %");
  ASSERT_TRUE(becomes([&] { return words() == QLatin1String("Verified today"); }));
}

TEST_F(ShelfTest, AModelMovesToAnotherFolderAndBack) {
  const QString from = path("gemma-3-1b-it");
  load(from);
  QSignalSpy toast(&shelf, &ShelfController::trashed);
  shelf.moveTo(from, QUrl::fromLocalFile(QStringLiteral("/media/ada/big")));
  EXPECT_EQ(shelf.question().toStdString(), "“gemma-3-1b-it” is in use: it is loaded.");
  EXPECT_EQ(shelf.answer_text().toStdString(), "Unload and move");
  shelf.answerQuestion();
  ASSERT_TRUE(shelf.moves()->running());
  EXPECT_EQ(shelf.moves()->title().toStdString(), "Moving “gemma-3-1b-it” to big");
  EXPECT_FALSE(shelf.canMove(from));
  ASSERT_TRUE(becomes([&] { return shelf.moves()->progress() > 0; }));
  EXPECT_TRUE(shelf.moves()->sentence().endsWith(QLatin1String("copied"))) << shelf.moves()->sentence().toStdString();
  ASSERT_TRUE(becomes([&] { return toast.count() == 1; }));
  ASSERT_TRUE(becomes([&] { return path("gemma-3-1b-it").startsWith(QLatin1String("/media/ada/big")); }));
  EXPECT_TRUE(engine->memory().models.empty());
  EXPECT_FALSE(library.recent()->paths().contains(from));
  EXPECT_TRUE(library.recent()->paths().contains(path("gemma-3-1b-it")));
  EXPECT_EQ(shelf.trash_list()->count(), 1);
  shelf.undo();
  ASSERT_TRUE(becomes([&] { return path("gemma-3-1b-it") == from && shelf.models()->total() == 6; }));
}

TEST_F(ShelfTest, AMoveCanBeCancelledAndSaysWhyItFails) {
  const QString from = path("my-experiment");
  shelf.moveTo(from, QUrl::fromLocalFile(QStringLiteral("/media/slow")));
  shelf.moveTo(path("gemma-3-1b-it"), QUrl::fromLocalFile(QStringLiteral("/media/slow")));
  EXPECT_TRUE(shelf.moves()->title().endsWith(QLatin1String(", 1 more waits")));
  ASSERT_TRUE(becomes([&] { return shelf.moves()->progress() > 0; }));
  shelf.moves()->cancel();
  EXPECT_FALSE(shelf.moves()->running());
  EXPECT_TRUE(shelf.canMove(from));
  EXPECT_TRUE(shelf.problem().isEmpty());
  shelf.moveTo(from, QUrl::fromLocalFile(QStringLiteral("/media/full")));
  ASSERT_TRUE(becomes([&] { return !shelf.problem().isEmpty(); }));
  EXPECT_EQ(shelf.problem().toStdString(), "The disk is full: /media/full needs 3.10 GB more. Nothing was lost.");
  EXPECT_EQ(path("my-experiment"), from);
}

TEST_F(ShelfTest, OtherProgramsModelsAreNotMovedAndSharedOnesAreAskedAbout) {
  EXPECT_FALSE(shelf.canMove(path("Phi-4-mini")));
  EXPECT_FALSE(shelf.canMove(path("Mistral-Small-24B"))) << "its disk is away";
  shelf.moveTo(path("Qwen3-8B-4bit"), QUrl::fromLocalFile(QStringLiteral("/media/ada/big")));
  EXPECT_EQ(shelf.answer_text().toStdString(), "Move it anyway");
  shelf.dropQuestion();
  EXPECT_FALSE(shelf.moves()->running());
}

TEST_F(ShelfTest, WhatIsInTheTrashIsListedPutBackAndDeletedAfterAQuestion) {
  shelf.trash(path("gemma-3-1b-it"));
  ASSERT_TRUE(becomes([&] { return shelf.trash_list()->count() == 1; }));
  shelf.trash(path("my-experiment"));
  ASSERT_TRUE(becomes([&] { return shelf.trash_list()->count() == 2; }));
  shelf.putBack(QString::fromStdString(shelf.trash_list()->things().front().ticket));
  ASSERT_TRUE(becomes([&] { return shelf.trash_list()->count() == 1 && shelf.models()->count() == 5; }));
  shelf.deleteForGood({});
  EXPECT_TRUE(shelf.question().contains(QLatin1String("can't be undone"))) << shelf.question().toStdString();
  shelf.answerQuestion();
  ASSERT_TRUE(becomes([&] { return shelf.trash_list()->count() == 0; }));
  EXPECT_EQ(shelf.models()->count(), 5);
}

TEST_F(ShelfTest, ChecksInTheBackgroundShowAndGiveWay) {
  fake().set_library(fake_library("states"));
  shelf.refresh();
  ASSERT_TRUE(becomes([&] { return shelf.models()->total() == 8; }));
  const auto text = [&](const char* name, int role) {
    for (int row = 0; row < shelf.models()->count(); ++row)
      if (shelf.models()->pathAt(row) == path(name))
        return shelf.models()->data(shelf.models()->index(row), role).toString();
    return QString();
  };
  EXPECT_EQ(text("OLMo-2-7B", ShelfList::StateTextRole).toStdString(), "Not checked yet");
  EXPECT_EQ(text("SmolLM3-3B", ShelfList::StateTextRole).toStdString(), "Damaged");
  fake().tell_check({.path = path("OLMo-2-7B").toStdString(), .state = CheckNews::State::checking, .progress = 0.4});
  ASSERT_TRUE(becomes([&] { return text("OLMo-2-7B", ShelfList::StateTextRole) == QLatin1String("Checking 40 %"); }));
  fake().tell_check({.path = path("OLMo-2-7B").toStdString(), .state = CheckNews::State::checked});
  ASSERT_TRUE(becomes([&] { return text("OLMo-2-7B", ShelfList::StateTextRole) == QLatin1String("Verified"); }));
  EXPECT_FALSE(fake().checks_held());
  downloads.start({.repository = "a/b", .title = "b · 4-bit"});
  ASSERT_TRUE(becomes([&] { return fake().checks_held(); }));
  ASSERT_TRUE(becomes([&] { return !fake().checks_held(); }));
  shelf.set_answering(true);
  EXPECT_TRUE(fake().checks_held());
  shelf.set_answering(false);
  EXPECT_FALSE(fake().checks_held());
}

TEST_F(ShelfTest, ADamagedModelIsLoadedAgainAtItsOwnCommit) {
  fake().set_library(fake_library("states"));
  shelf.refresh();
  ASSERT_TRUE(becomes([&] { return shelf.models()->total() == 8; }));
  EXPECT_FALSE(shelf.canRepair(path("Qwen3-8B-4bit")));
  ASSERT_TRUE(shelf.canRepair(path("SmolLM3-3B")));
  shelf.repair(path("SmolLM3-3B"));
  ASSERT_TRUE(becomes([&] { return downloads.list()->count() == 1; }));
  const hub::DownloadRequest& request = downloads.list()->rows().front().request;
  EXPECT_EQ(request.repository, "HuggingFaceTB/SmolLM3-3B");
  EXPECT_EQ(request.revision.size(), 40u);
  EXPECT_EQ(request.files.size(), 3u);
}

TEST(FolderBookTest, AFolderThatIsAwayKeepsItsModels) {
  QTemporaryDir data, models;
  const std::filesystem::path root = models.path().toStdString();
  std::filesystem::create_directories(root / "inner" / "tiny");
  const auto write = [](const std::filesystem::path& file, const char* text) {
    QFile out(QString::fromStdString(file.string()));
    ASSERT_TRUE(out.open(QIODevice::WriteOnly));
    out.write(text);
  };
  write(root / "inner" / "tiny" / "config.json", "{}");
  write(root / "inner" / "tiny" / "model.safetensors", "weights");
  const std::filesystem::path file = std::filesystem::path(data.path().toStdString()) / "folders.json";
  {
    FolderBook book(file);
    EXPECT_THROW(book.link((root / "nowhere").string()), std::exception);
    book.link(root.string());
    book.link(root.string());
    LibraryScan scan;
    book.add_to(scan, {});
    const auto ours = std::ranges::count(scan.folders, root.string(), &LibraryFolder::path);
    EXPECT_EQ(ours, 1);
    ASSERT_EQ(std::ranges::count(scan.models, root.string(), &LibraryModel::folder), 1);
  }
  std::filesystem::rename(root, root.string() + "-away");
  FolderBook book(file);
  LibraryScan scan;
  book.add_to(scan, {});
  const auto kept = std::ranges::find(scan.models, root.string(), &LibraryModel::folder);
  ASSERT_NE(kept, scan.models.end());
  EXPECT_FALSE(kept->online);
  EXPECT_EQ(kept->name, "tiny");
  book.unlink(root.string());
  std::filesystem::rename(root.string() + "-away", root);
}

}  // namespace
}  // namespace etna::gui
