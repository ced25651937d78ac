#include "hub/download_row.h"
#include "hub/downloads.h"
#include "hub/journal.h"
#include "tests/hub/download_fakes.h"

namespace etna::hub {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::uint64_t mib = 1u << 20;

/// A download that goes on in another folder.
class Relocation : public testing::Test {
protected:
  DownloadQueue::Options options() {
    return {.data_folder = folder_ / "data",
            .cache_root = folder_ / "hub",
            .links = Cache::Links::symbolic,
            .source = source_,
            .space =
                [this](const fs::path& place) {
                  const bool there = place.string().starts_with((folder_ / "other").string());
                  return Space{.available = there ? there_ : here_, .total = 1'000'000'000'000};
                },
            .reserve = [](const Space&) { return std::uint64_t{1'000'000}; },
            .slack_bytes = 1000,
            .clock_speed = 100.0,
            .part = {.claim_bytes = mib / 4}};
  }

  void open() {
    queue_ = std::make_unique<DownloadQueue>(options());
    queue_->start();
  }

  ::testing::AssertionResult reaches(DownloadId id, DownloadState state) {
    for (int i = 0; i < 4000; ++i) {
      const auto status = queue_->find(id);
      if (status && status->state == state) return ::testing::AssertionSuccess();
      std::this_thread::sleep_for(5ms);
    }
    const auto status = queue_->find(id);
    return ::testing::AssertionFailure() << (status ? std::string(name(status->state)) + ": " + status->sentence
                                                    : "gone");
  }

  /// Stops when about half of the weights has arrived.
  DownloadId begin_and_pause() {
    config_ = source_->add("config.json", "{}", HashKind::git_sha1);
    weights_ = source_->add("model.safetensors", random_bytes(24 * mib, 1));
    source_->bytes_per_second = 12 * mib;
    const DownloadId id = queue_->add({.repository = source_->id});
    for (int i = 0; i < 4000 && queue_->find(id)->done_bytes < 10 * mib; ++i) std::this_thread::sleep_for(2ms);
    queue_->pause(id);
    EXPECT_TRUE(reaches(id, DownloadState::paused));
    std::this_thread::sleep_for(50ms);  // the last pieces still arrive
    source_->bytes_per_second = 0;
    return id;
  }

  const TemporaryFolder folder_;
  const std::shared_ptr<FakeSource> source_ = std::make_shared<FakeSource>();
  std::atomic<std::uint64_t> here_ = 100'000'000'000, there_ = 100'000'000'000;
  RemoteFile config_, weights_;
  const Cache old_{folder_ / "hub"}, new_{folder_ / "other"};
  std::unique_ptr<DownloadQueue> queue_;
};

TEST_F(Relocation, what_has_arrived_goes_with_it_and_is_not_fetched_again) {
  open();
  const DownloadId id = begin_and_pause();
  queue_->relocate(id, folder_ / "other");
  const auto status = queue_->wait(id);
  ASSERT_EQ(status->state, DownloadState::done) << status->sentence;
  EXPECT_EQ(status->folder, new_.snapshot(source_->id, source_->commit));
  EXPECT_EQ(hash_file(status->folder / "model.safetensors", HashKind::sha256), weights_.blob);
  EXPECT_TRUE(fs::exists(status->folder / "config.json"));
  EXPECT_EQ(new_.ref(source_->id, "main"), source_->commit);
  EXPECT_LE(source_->sent, weights_.size + config_.size + 2 * mib) << "a little is lost at a pause, no more";
  std::vector<std::string> left;
  for (const auto& entry : fs::recursive_directory_iterator(folder_ / "hub"))
    if (entry.is_regular_file() && entry.path().extension() != ".lock") left.push_back(entry.path());
  EXPECT_TRUE(left.empty()) << left.front();
}

TEST_F(Relocation, a_full_disk_at_the_start_leads_to_the_other_folder) {
  here_ = 5 * mib;
  open();
  config_ = source_->add("config.json", "{}", HashKind::git_sha1);
  weights_ = source_->add("model.safetensors", random_bytes(9 * mib, 1));
  const DownloadId id = queue_->add({.repository = source_->id});
  ASSERT_TRUE(reaches(id, DownloadState::out_of_space));
  EXPECT_EQ(queue_->find(id)->root, folder_ / "hub");
  queue_->relocate(id, folder_ / "other");
  ASSERT_TRUE(reaches(id, DownloadState::done));
  EXPECT_EQ(queue_->find(id)->root, folder_ / "other");
  EXPECT_EQ(queue_->find(id)->folder, new_.snapshot(source_->id, source_->commit));
}

TEST_F(Relocation, a_folder_without_room_leaves_everything_where_it_is) {
  open();
  const DownloadId id = begin_and_pause();
  there_ = 5 * mib;
  queue_->relocate(id, folder_ / "other");
  ASSERT_TRUE(reaches(id, DownloadState::failed));
  const auto status = queue_->find(id);
  EXPECT_EQ(status->problem.code, "E-DSK-01");
  EXPECT_NE(status->problem.text.find((folder_ / "other").string()), std::string::npos) << status->problem.text;
  EXPECT_EQ(status->root, folder_ / "hub");
  queue_->resume(id);
  ASSERT_TRUE(reaches(id, DownloadState::done));
  EXPECT_EQ(queue_->find(id)->folder, old_.snapshot(source_->id, source_->commit));
  EXPECT_LE(source_->sent, weights_.size + config_.size + 2 * mib);
}

TEST_F(Relocation, pieces_that_the_old_disk_has_spoilt_are_fetched_anew) {
  open();
  const DownloadId id = begin_and_pause();
  {
    const fs::path part = old_.part(source_->id, weights_.blob);
    ASSERT_TRUE(fs::exists(part));
    const disk::File file = disk::File::open_to_write(part);
    std::byte first{};
    file.read_at(5, std::span(&first, 1));
    first ^= std::byte{1};
    file.write_at(5, std::span(&first, 1));
  }
  queue_->relocate(id, folder_ / "other");
  ASSERT_TRUE(reaches(id, DownloadState::done));
  EXPECT_EQ(hash_file(queue_->find(id)->folder / "model.safetensors", HashKind::sha256), weights_.blob);
}

TEST_F(Relocation, the_next_program_knows_where_the_download_is) {
  open();
  const DownloadId id = begin_and_pause();
  queue_->relocate(id, folder_ / "other");
  for (int i = 0; i < 4000 && queue_->find(id)->root != folder_ / "other"; ++i) std::this_thread::sleep_for(1ms);
  queue_.reset();
  open();
  ASSERT_TRUE(reaches(id, DownloadState::done));
  EXPECT_EQ(queue_->find(id)->folder, new_.snapshot(source_->id, source_->commit));
  EXPECT_LE(source_->sent, weights_.size + config_.size + 8 * mib);
}

TEST_F(Relocation, a_move_that_was_broken_off_goes_on_after_a_start) {
  DownloadRow row;
  row.id = 7;
  row.request = {.repository = "org/name", .title = "x"};
  row.root = "/media/one";
  row.moving_to = "/media/two";
  const SavedRows saved = rows_from_json(rows_to_json({row}), "test");
  ASSERT_EQ(saved.rows.size(), 1u);
  EXPECT_EQ(saved.rows.front().root, "/media/one");
  EXPECT_EQ(saved.rows.front().moving_to, "/media/two");
  std::string text = rows_to_json({row});
  text.replace(text.find("/media/two"), 10, "media/two0");
  EXPECT_EQ(rows_from_json(text, "test").refused, 1u);
}

TEST_F(Relocation, to_where_it_is_already_changes_nothing) {
  open();
  const DownloadId id = begin_and_pause();
  queue_->relocate(id, folder_ / "hub");
  ASSERT_TRUE(reaches(id, DownloadState::done));
  EXPECT_EQ(queue_->find(id)->root, folder_ / "hub");
  EXPECT_THROW(queue_->relocate(id, "hub"), Error);
  queue_->relocate(id, folder_ / "other");
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(queue_->find(id)->state, DownloadState::done);
  EXPECT_FALSE(fs::exists(folder_ / "other"));
}

TEST(RelocationSentence, says_how_much_has_moved) {
  DownloadStatus status{.state = DownloadState::preparing};
  EXPECT_EQ(download_sentence(status), "Checking size and space");
  status.moved_percent = 41;
  EXPECT_EQ(download_sentence(status), "Moving what has arrived… 41 %");
}

}  // namespace
}  // namespace etna::hub
