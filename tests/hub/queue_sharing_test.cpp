// Several programs and one saved list of downloads.
#include "hub/downloads.h"
#include "tests/hub/download_fakes.h"

namespace etna::hub {
namespace {

class SharedQueue : public testing::Test {
protected:
  SharedQueue() {
    source_->add("config.json", "{}", HashKind::git_sha1);
    source_->add("a.gguf", random_bytes(300'000, 1));
    source_->add("b.gguf", random_bytes(300'000, 2));
  }

  DownloadQueue::Options options() const {
    return {.data_folder = folder_ / "data",
            .cache_root = folder_ / "hub",
            .source = source_,
            .space = [](const auto&) { return Space{.available = 1ull << 40, .total = 1ull << 40}; },
            .clock_speed = 100.0};
  }

  static DownloadRequest request(const std::string& file) { return {.repository = "maker/model", .files = {file}}; }

  const TemporaryFolder folder_;
  const std::shared_ptr<FakeSource> source_ = std::make_shared<FakeSource>();
};

TEST_F(SharedQueue, WhoFindsItOpenElsewhereDoesWithoutTheList) {
  DownloadQueue first(options());
  first.start();
  EXPECT_TRUE(first.is_saved());
  EXPECT_THROW(DownloadQueue{options()}, Error);
  auto modest = options();
  modest.may_be_unsaved = true;
  DownloadQueue second(std::move(modest));
  second.start();
  EXPECT_FALSE(second.is_saved());
  EXPECT_EQ(second.wait(second.add(request("a.gguf")))->state, DownloadState::done);
  EXPECT_TRUE(first.list().empty());
}

TEST_F(SharedQueue, ItsSavedListIsNotChangedByWhoDoesWithoutIt) {
  {
    DownloadQueue first(options());
    first.add(request("a.gguf"));
    auto modest = options();
    modest.may_be_unsaved = true;
    DownloadQueue second(std::move(modest));
    second.start();
    second.wait(second.add(request("b.gguf")));
  }
  const auto rows = DownloadQueue(options()).list();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].request.files, request("a.gguf").files);
}

TEST_F(SharedQueue, RowsOfEarlierRunsStayAsTheyAreWhereOneIsWanted) {
  { DownloadQueue(options()).add(request("a.gguf")); }
  auto single = options();
  single.only_added = true;
  {
    DownloadQueue queue(std::move(single));
    queue.start();
    EXPECT_EQ(queue.wait(queue.add(request("b.gguf")))->state, DownloadState::done);
    EXPECT_EQ(queue.list()[0].state, DownloadState::queued);
  }
  DownloadQueue later(options());
  later.start();
  EXPECT_EQ(later.wait(later.list()[0].id)->state, DownloadState::done);
}

}  // namespace
}  // namespace etna::hub
