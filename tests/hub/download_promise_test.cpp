// What is promised of a large download (hub.md §5.4, desktop.md D1 to D8): whatever goes wrong on the way, its bytes
// are right in the end and few are fetched twice.
#include <algorithm>

#include "hub/cache.h"
#include "hub/download_hub_source.h"
#include "hub/downloads.h"
#include "tests/hub/download_fakes.h"
#include "tests/hub/support/test_hub.h"

namespace etna::hub {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using test::Fault;
using test::FaultKind;

constexpr int faults = 50;
constexpr std::uint64_t most_lost = 8'000'000;  // by each of them
const std::string id = "org/model";

/// Smaller in the quick set than what is promised.
std::uint64_t promised_size() {
  const char* bytes = std::getenv("ETNA_DOWNLOAD_BYTES");
  return bytes ? std::stoull(bytes) : 48'000'000;
}

class Promise : public testing::Test {
protected:
  void begin(const test::TestHubOptions& options = {}) {
    hub_ = std::make_unique<test::TestHub>(options);
    // Counted where they are made: what a connection loses counts, too.
    auto blob = *test::make_pattern_blob(size_, 3);
    hash_ = blob.sha256;
    blob.source = [this, make = blob.source](std::uint64_t offset, std::span<char> bytes) {
      make(offset, bytes);
      sent_ += bytes.size();
    };
    hub_->add(id).commit({{"config.json", test::make_blob("{}", false)},
                          {"model.safetensors", std::make_shared<const test::Blob>(blob)}});
  }

  /// Faults of the content network's next answers, one each.
  void add_faults(FaultKind kind) {
    for (int i = 0; i < faults; ++i) {
      Fault fault;
      fault.kind = kind;
      fault.on_content_network = true;
      fault.skip = i;
      fault.at = random_() % (size_ / faults);  // so that all come before its end
      hub_->add_fault(fault);
    }
  }

  /// So that there is time to do something in between.
  void drip(std::uint64_t bytes_per_second_and_connection) {
    Fault slow;
    slow.kind = FaultKind::drip;
    slow.on_content_network = true;
    slow.count = -1;
    slow.at = bytes_per_second_and_connection;
    hub_->add_fault(slow);
  }

  void open() {
    queue_ = std::make_unique<DownloadQueue>(DownloadQueue::Options{
        .data_folder = folder_ / "data",
        .cache_root = folder_ / "hub",
        .source = std::make_shared<HubSource>(std::make_shared<HttpClient>(hub_->settings())),
        .space = [this](const fs::path&) { return Space{.available = available_, .total = std::uint64_t{1} << 40}; },
        .reserve = [](const Space&) { return std::uint64_t{1} << 20; },
        .slack_bytes = 0,
        .clock_speed = 500.0});
    queue_->start();
  }

  /// Answers of the content network, those that failed included.
  long answers() const {
    const auto seen = hub_->requests();
    return std::ranges::count_if(seen, [](const test::Seen& one) { return one.on_content_network; });
  }

  DownloadId add() { return queue_->add({.repository = id}); }

  void wait_for_bytes(DownloadId row, std::uint64_t bytes) const {
    while (is_active(queue_->find(row)->state) && queue_->find(row)->done_bytes < bytes)
      std::this_thread::sleep_for(2ms);
  }

  testing::AssertionResult reaches(DownloadId row, DownloadState state) const {
    for (int i = 0; i < 12'000; ++i) {
      if (queue_->find(row)->state == state) return testing::AssertionSuccess();
      std::this_thread::sleep_for(5ms);
    }
    return testing::AssertionFailure() << queue_->find(row)->sentence;
  }

  void expect_kept(DownloadId row) {
    const auto status = queue_->wait(row);
    ASSERT_EQ(status->state, DownloadState::done) << status->sentence;
    EXPECT_EQ(hash_file(status->folder / "model.safetensors", HashKind::sha256), hash_);
    EXPECT_LE(sent_, size_ + faults * most_lost);
    EXPECT_EQ(hub_->leaked_authorizations(), 0);
    for (const auto& entry : fs::directory_iterator(Cache(folder_ / "hub").repository(id) / "blobs"))
      EXPECT_TRUE(hash_kind(entry.path().filename().string())) << entry.path();
    RecordProperty("fetched_bytes", std::to_string(sent_));
  }

  const TemporaryFolder folder_;
  const std::uint64_t size_ = promised_size();
  std::mt19937_64 random_{17};
  std::string hash_;
  std::atomic<std::uint64_t> sent_ = 0, available_ = std::uint64_t{1} << 40;
  std::unique_ptr<test::TestHub> hub_;
  std::unique_ptr<DownloadQueue> queue_;
};

TEST_F(Promise, holds_when_connections_are_cut_fifty_times) {
  begin();
  add_faults(FaultKind::cut);
  open();
  expect_kept(add());
  EXPECT_GT(answers(), faults);
}

TEST_F(Promise, holds_when_connections_are_reset_fifty_times) {
  begin();
  add_faults(FaultKind::reset);
  open();
  expect_kept(add());
  EXPECT_GT(answers(), faults);
}

TEST_F(Promise, holds_when_every_link_expires_after_a_few_megabytes) {
  begin({.link_bytes = 9'000'000});
  open();
  expect_kept(add());
  EXPECT_GE(hub_->count_requests("GET", "/resolve/"), static_cast<int>(size_ / (5 * 9'000'000)));
}

TEST_F(Promise, holds_when_a_byte_changes_in_transit) {
  begin();
  // One of the first answers has it, whichever of the four comes first.
  hub_->add_fault({.kind = FaultKind::flip, .on_content_network = true, .count = 4, .at = 5'000'000});
  open();
  const DownloadId row = add();
  expect_kept(row);
  EXPECT_GE(queue_->find(row)->damaged_pieces, 1u);
  EXPECT_LE(sent_, size_ + 10 * chunk_bytes);
}

TEST_F(Promise, holds_when_a_byte_changes_at_rest) {
  begin();
  drip(2'000'000);
  open();
  const DownloadId row = add();
  wait_for_bytes(row, size_ / 4);
  queue_.reset();
  const fs::path part = Cache(folder_ / "hub").part(id, hash_);
  {
    const disk::File file = disk::File::open_to_write(part);
    std::byte byte{};
    file.read_at(1'000'000, std::span(&byte, 1));
    byte ^= std::byte{4};
    file.write_at(1'000'000, std::span(&byte, 1));
  }
  hub_->clear_faults();
  open();
  expect_kept(row);
  EXPECT_EQ(queue_->find(row)->damaged_pieces, 1u);
  EXPECT_LE(sent_, size_ + 3 * chunk_bytes);
}

TEST_F(Promise, holds_when_the_disk_is_full_for_a_while) {
  begin();
  drip(4'000'000);
  open();
  const DownloadId row = add();
  wait_for_bytes(row, size_ / 4);
  available_ = 0;
  ASSERT_TRUE(reaches(row, DownloadState::out_of_space));
  EXPECT_EQ(queue_->find(row)->problem.code, "E-DSK-01");
  hub_->clear_faults();
  available_ = std::uint64_t{1} << 40;
  expect_kept(row);
  EXPECT_LE(sent_, size_ + 4 * most_lost);
}

TEST_F(Promise, never_more_than_four_connections_are_busy_and_none_carries_two_files) {
  std::atomic<int> busy = 0, most = 0;
  hub_ = std::make_unique<test::TestHub>();
  std::map<std::string, test::BlobRef> files;
  for (int i = 0; i < 3; ++i) {
    auto blob = *test::make_pattern_blob(20'000'000, 30 + static_cast<unsigned>(i));
    blob.source = [&, make = blob.source](std::uint64_t offset, std::span<char> bytes) {
      const int now = ++busy;
      for (int before = most; now > before && !most.compare_exchange_weak(before, now);) {
      }
      make(offset, bytes);
      std::this_thread::sleep_for(1ms);  // long enough for others to be seen beside it
      --busy;
    };
    files["model-0000" + std::to_string(i + 1) + "-of-00003.safetensors"] = std::make_shared<const test::Blob>(blob);
  }
  hub_->add(id).commit(files);
  open();
  const auto status = queue_->wait(add());
  ASSERT_EQ(status->state, DownloadState::done) << status->sentence;
  EXPECT_GT(most, 1);
  EXPECT_LE(most, 4);
}

}  // namespace
}  // namespace etna::hub
