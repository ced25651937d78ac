// Disks that run full and go away, with real ones: file systems in memory, which only root may mount.
#include <sys/mount.h>

#include <algorithm>

#include "hub/disk.h"
#include "hub/downloads.h"
#include "tests/hub/download_fakes.h"

namespace etna::hub {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::uint64_t mib = 1u << 20;

class Mounted : public testing::Test {
protected:
  void SetUp() override {
    fs::create_directories(disk_);
    fs::create_directories(place_);
    if (::mount("tmpfs", disk_.c_str(), "tmpfs", 0, "size=40m") != 0) {
      GTEST_SKIP() << "mounting a file system in memory is not allowed here";
    }
    connect();
    file_ = source_->add("model.safetensors", random_bytes(60 * mib, 1));
  }

  void TearDown() override {
    queue_.reset();
    ::umount2(place_.c_str(), MNT_DETACH);
    ::umount2(disk_.c_str(), MNT_DETACH);
  }

  /// The file system appears at `place_`, as a disk that is plugged in.
  void connect() { ASSERT_EQ(::mount(disk_.c_str(), place_.c_str(), "", MS_BIND, ""), 0); }

  void disconnect() { ASSERT_EQ(::umount2(place_.c_str(), MNT_DETACH), 0); }

  void grow() { ASSERT_EQ(::mount("tmpfs", disk_.c_str(), "tmpfs", MS_REMOUNT, "size=200m"), 0); }

  void open(bool allocate, SpaceSource space) {
    queue_ = std::make_unique<DownloadQueue>(DownloadQueue::Options{.data_folder = folder_ / "data",
                                                                    .cache_root = place_ / "hub",
                                                                    .source = source_,
                                                                    .space = std::move(space),
                                                                    .reserve = [](const Space&) { return 0; },
                                                                    .slack_bytes = 0,
                                                                    .clock_speed = 50.0,
                                                                    .part = {.allocate = allocate}});
    queue_->start();
  }

  ::testing::AssertionResult reaches(DownloadId id, DownloadState state) {
    for (int i = 0; i < 6000; ++i) {
      if (queue_->find(id)->state == state) return ::testing::AssertionSuccess();
      std::this_thread::sleep_for(5ms);
    }
    return ::testing::AssertionFailure() << name(queue_->find(id)->state) << ": " << queue_->find(id)->sentence;
  }

  static Space plenty(const fs::path&) { return {.available = 1'000'000'000'000, .total = 1'000'000'000'000}; }

  void expect_whole() const {
    EXPECT_EQ(hash_file(Cache(place_ / "hub").blob(source_->id, file_.blob), HashKind::sha256), file_.blob);
  }

  const TemporaryFolder folder_;
  const fs::path disk_ = folder_ / "disk", place_ = folder_ / "place";
  const std::shared_ptr<FakeSource> source_ = std::make_shared<FakeSource>();
  RemoteFile file_;
  std::unique_ptr<DownloadQueue> queue_;
};

TEST_F(Mounted, a_disk_that_is_too_small_is_noticed_before_a_byte_is_fetched) {
  open(true, space_at);
  const DownloadId id = queue_->add({.repository = source_->id});
  ASSERT_TRUE(reaches(id, DownloadState::out_of_space));
  EXPECT_EQ(source_->requests, 0);
  EXPECT_GE(queue_->find(id)->missing_space, 20 * mib);
  grow();
  EXPECT_TRUE(reaches(id, DownloadState::done));
  expect_whole();
}

TEST_F(Mounted, when_space_cannot_be_taken_at_once_nothing_is_lost) {
  std::atomic<bool> lies = true;
  open(true, [&](const fs::path& folder) { return lies ? plenty(folder) : space_at(folder); });
  const DownloadId id = queue_->add({.repository = source_->id});
  ASSERT_TRUE(reaches(id, DownloadState::out_of_space));
  EXPECT_EQ(source_->requests, 0);
  lies = false;
  grow();
  EXPECT_TRUE(reaches(id, DownloadState::done));
  expect_whole();
}

TEST_F(Mounted, a_disk_that_runs_full_while_bytes_arrive_keeps_them) {
  std::atomic<bool> lies = true;
  open(false, [&](const fs::path& folder) { return lies ? plenty(folder) : space_at(folder); });
  const DownloadId id = queue_->add({.repository = source_->id});
  ASSERT_TRUE(reaches(id, DownloadState::out_of_space));
  EXPECT_GT(source_->sent, 30 * mib);
  lies = false;
  std::this_thread::sleep_for(500ms);
  EXPECT_EQ(queue_->find(id)->state, DownloadState::out_of_space);
  grow();
  EXPECT_TRUE(reaches(id, DownloadState::done));
  expect_whole();
  EXPECT_LE(source_->sent, file_.size + 8 * mib);
}

TEST_F(Mounted, a_disk_that_is_unplugged_is_waited_for_and_its_empty_place_stays_empty) {
  grow();
  source_->bytes_per_second = 5 * mib;
  open(true, plenty);
  const DownloadId id = queue_->add({.repository = source_->id});
  while (source_->sent < 10 * mib) std::this_thread::sleep_for(1ms);
  disconnect();
  ASSERT_TRUE(reaches(id, DownloadState::paused));
  EXPECT_EQ(queue_->find(id)->problem.code, "E-DSK-04");
  std::this_thread::sleep_for(500ms);
  EXPECT_TRUE(fs::is_empty(place_));
  source_->bytes_per_second = 0;
  connect();
  EXPECT_TRUE(reaches(id, DownloadState::done));
  expect_whole();
  EXPECT_LE(source_->sent, file_.size + 8 * mib);
}

}  // namespace
}  // namespace etna::hub
