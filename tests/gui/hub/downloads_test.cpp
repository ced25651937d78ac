#include "tests/gui/hub/hub_fixture.h"

namespace etna::gui {
namespace {

using DownloadsTest = HubTest;

QString sentence(const DownloadList& list, int row) {
  return list.data(list.index(row), DownloadList::SentenceRole).toString();
}

TEST(DownloadListTest, EachStateSaysWhatTheTableOfStatesSays) {
  DownloadList list;
  const QAbstractItemModelTester tester(&list);
  list.replace(fake_download_states());
  const char* expected[] = {
      "2.10 of 4.90 GB · 48.3 MB/s · about 1 min left",
      "No network connection. Trying again in 8 s (3rd time)",
      "Waiting · 2nd",
      "Checking size and space",
      "Paused at 42 %",
      "Paused: the disk is full. 3.10 GB more are needed.",
      "This model needs your consent. Its authors ask you to accept a licence on Hugging Face first.",
      "Checking the file… 61 %",
      "2 of 614 pieces were damaged. Loading them again.",
      "Almost done",
      "Ready",
      "The file arrived damaged: 2 pieces didn't match and were loaded again 3 times without success."};
  ASSERT_EQ(list.count(), static_cast<int>(std::size(expected)));
  for (int row = 0; row < list.count(); ++row) EXPECT_EQ(sentence(list, row).toStdString(), expected[row]) << row;
}

TEST(DownloadListTest, ChangesMovesAndRemovalsTouchOnlyTheirRows) {
  DownloadList list;
  const QAbstractItemModelTester tester(&list);
  list.replace(fake_download_states());
  QSignalSpy resets(&list, &QAbstractItemModel::modelReset), changes(&list, &QAbstractItemModel::dataChanged);
  list.reorder({3, 1, 2, 4, 5, 6, 7, 8, 12, 11, 10, 9});
  std::vector<hub::DownloadId> ids;
  for (const hub::DownloadStatus& row : list.rows()) ids.push_back(row.id);
  EXPECT_EQ(ids, (std::vector<hub::DownloadId>{3, 1, 2, 4, 5, 6, 7, 8, 12, 11, 10, 9}));
  hub::DownloadStatus first = list.rows().front();
  list.update(first);
  EXPECT_EQ(changes.count(), 0);
  first.state = hub::DownloadState::downloading;
  list.update(first);
  EXPECT_EQ(changes.count(), 1);
  list.remove(1);
  list.remove(99);
  EXPECT_EQ(list.count(), 11);
  EXPECT_EQ(resets.count(), 0);
}

TEST(DownloadListTest, ASuccessLeavesNoErrorBehind) {
  DownloadList list;
  list.replace(fake_download_states());
  hub::DownloadStatus row = list.rows().back();
  EXPECT_FALSE(list.data(list.index(11), DownloadList::DetailsRole).toString().isEmpty());
  row.state = hub::DownloadState::done;
  row.problem = {};
  row.sentence = "Ready";
  list.update(row);
  EXPECT_TRUE(list.data(list.index(11), DownloadList::DetailsRole).toString().isEmpty());
}

TEST_F(DownloadsTest, TheQueueOpensWhenSomebodyLooksAndRowsFollow) {
  EXPECT_EQ(downloads.list()->count(), 0);
  downloads.start({.repository = "a/b", .title = "b · 4-bit"});
  ASSERT_TRUE(becomes([&] { return downloads.list()->count() == 1; }));
  EXPECT_EQ(downloads.active(), 1);
  EXPECT_TRUE(downloads.strip_text().startsWith(QStringLiteral("↓ 1 · ")));
  const double id = static_cast<double>(downloads.list()->rows().front().id);
  downloads.pause(id);
  ASSERT_TRUE(becomes([&] { return downloads.list()->rows().front().state == hub::DownloadState::paused; }));
  EXPECT_TRUE(downloads.strip_text().endsWith(QLatin1String("paused")));
  downloads.resume(id);
  QSignalSpy finished(&downloads, &DownloadsController::finished);
  ASSERT_TRUE(becomes([&] { return finished.count() == 1; }));
  EXPECT_EQ(downloads.active(), 0);
  EXPECT_TRUE(downloads.strip_text().isEmpty());
  EXPECT_FALSE(downloads.pathOf(id).isEmpty());
  EXPECT_EQ(downloads.space().toStdString(), "212 GB free on this disk");
  downloads.keepPartial(id);
  ASSERT_TRUE(becomes([&] { return downloads.list()->count() == 0; }));
}

TEST_F(DownloadsTest, AFullDiskLeadsToAnotherFolder) {
  downloads.open();
  hub::DownloadStatus full;
  full.id = 5;
  full.request = {.repository = "a/b", .title = "b · 4-bit"};
  full.state = hub::DownloadState::out_of_space;
  full.missing_space = 3'100'000'000;
  fake().tell(full);
  ASSERT_TRUE(becomes([&] { return downloads.list()->count() == 1; }));
  const QModelIndex row = downloads.list()->index(0);
  EXPECT_TRUE(row.data(DownloadList::NeedsRoomRole).toBool());
  downloads.goElsewhere(5, QUrl::fromLocalFile(QStringLiteral("/media/ada/big")));
  ASSERT_TRUE(
      becomes([&] { return row.data(DownloadList::FolderRole).toString() == QLatin1String("/media/ada/big"); }));
  EXPECT_FALSE(row.data(DownloadList::NeedsRoomRole).toBool());
}

TEST_F(DownloadsTest, ProgressOfADownloadIsNoNewsOfTheLibrary) {
  fake().set_library(fake_library("10000"));
  shelf.refresh();
  ASSERT_TRUE(becomes([&] { return shelf.models()->total() == 10'000 && !downloads.space().isEmpty(); }));
  QTest::qWait(50);
  downloads.open();
  hub::DownloadStatus status;
  status.id = 5;
  status.request = {.repository = "a/b", .title = "b · 4-bit"};
  status.state = hub::DownloadState::paused;  // the made-up hub leaves it alone
  status.total_bytes = 100;
  fake().tell(status);
  ASSERT_TRUE(becomes([&] { return downloads.list()->count() == 1; }));
  QTest::qWait(50);
  QSignalSpy news(&shelf, &ShelfController::changed), rows(downloads.list(), &QAbstractItemModel::dataChanged),
      resets(downloads.list(), &QAbstractItemModel::modelReset);
  for (int i = 1; i <= 20; ++i) {
    status.done_bytes = static_cast<std::uint64_t>(i);
    fake().tell(status);
  }
  ASSERT_TRUE(becomes([&] { return rows.count() == 20; }));
  EXPECT_EQ(news.count(), 0);
  EXPECT_EQ(resets.count(), 0);
}

TEST_F(DownloadsTest, TheFirstRunOffersAModelThatFitsAndLoadsItWhenItIsHere) {
  FirstRunController& first = *hub_controller.first_run();
  first.look();
  ASSERT_TRUE(becomes([&] { return first.known(); }));
  EXPECT_EQ(fake().searches() + fake().cards() + fake().descriptions(), 0);
  EXPECT_EQ(first.name().toStdString(), "Qwen3 8B");
  EXPECT_TRUE(first.note().contains(QStringLiteral("212 GB free on this disk · licence Apache 2.0")))
      << first.note().toStdString();
  ASSERT_TRUE(becomes([&] { return !first.found().isEmpty(); }));
  EXPECT_EQ(first.found().section(u'\n', 0, 0).toStdString(), "Hugging Face cache: 2 usable, 1 not");
  first.start();
  ASSERT_TRUE(becomes([&] { return !first.waiting().isEmpty(); }));
  ASSERT_TRUE(becomes([&] { return library.loaded(); }));
  EXPECT_TRUE(first.waiting().isEmpty());
}

TEST_F(DownloadsTest, WithoutNetworkTheFirstRunSaysSo) {
  qputenv("ETNA_FAKE_NETWORK", "none");
  FirstRunController& first = *hub_controller.first_run();
  first.look();
  ASSERT_TRUE(becomes([&] { return first.known(); }));
  qunsetenv("ETNA_FAKE_NETWORK");
  EXPECT_FALSE(first.can_download());
  EXPECT_EQ(first.note().toStdString(), "No connection. Etna will keep trying; you can use a model you already have.");
}

}  // namespace
}  // namespace etna::gui
