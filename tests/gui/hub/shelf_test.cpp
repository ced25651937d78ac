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
  for (int column = ShelfList::NameColumn; column <= ShelfList::FolderColumn; ++column) {
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
  EXPECT_EQ(trashed.front().front().toString().toStdString(), "“gemma-3-1b-it” is in the Trash (1.07 GB)");
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
  EXPECT_EQ(words().toStdString(), "Checking…");
  ASSERT_TRUE(becomes([&] { return words() == QLatin1String("Verified just now"); }));
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
