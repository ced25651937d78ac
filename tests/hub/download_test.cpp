#include "hub/download_file.h"

#include <algorithm>

#include "hub/download_problem.h"
#include "hub/download_rate.h"
#include "tests/hub/download_fakes.h"

namespace etna::hub {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::uint64_t mib = 1u << 20;

/// A cache, a fake hub and time that runs a hundred times faster.
class Download : public testing::Test {
protected:
  DownloadTools tools() {
    return {.cache = cache_,
            .source = source_,
            .records = records_,
            .connections = connections_,
            .speed = speed_,
            .clock = clock_,
            .tables = folder_ / "tables",
            .find_elsewhere = [this](const std::string&) { return elsewhere_; },
            .check_disk = {},
            .part = {.claim_bytes = mib / 4}};
  }

  /// Runs to the end; the file must then be in the cache, byte for byte.
  FileProgress load(const RemoteFile& file) {
    FileDownload download(tools(), source_.id, source_.commit, file);
    download.run({});
    check(file);
    return download.progress();
  }

  void check(const RemoteFile& file) const {
    const fs::path blob = cache_.blob(source_.id, file.blob);
    EXPECT_EQ(hash_file(blob, *hash_kind(file.blob)), file.blob);
    EXPECT_FALSE(fs::exists(cache_.part(source_.id, file.blob)));
    EXPECT_FALSE(fs::exists(cache_.journal(source_.id, file.blob)));
    ASSERT_TRUE(records_.find(blob));
    EXPECT_EQ(records_.find(blob)->hash, file.blob);
  }

  /// Stops a download after about so many bytes.
  void load_some(const RemoteFile& file, std::uint64_t bytes) {
    FileDownload download(tools(), source_.id, source_.commit, file);
    std::stop_source stop;
    std::jthread stopper([&](const std::stop_token& end) {
      while (!end.stop_requested() && download.progress().arrived < bytes) std::this_thread::sleep_for(1ms);
      stop.request_stop();
    });
    source_.bytes_per_second = 50 * mib;
    EXPECT_THROW(download.run(stop.get_token()), Error);
    source_.bytes_per_second = 0;
  }

  RemoteFile add_large(std::uint64_t size = 70 * mib + 5) {
    return source_.add("model.safetensors", random_bytes(size, 1));
  }

  const TemporaryFolder folder_;
  const Cache cache_{folder_ / "hub"};
  FakeSource source_;
  std::vector<fs::path> elsewhere_;
  VerifyRecords records_{folder_ / "records"};
  Connections connections_{4};
  const Clock clock_{100.0};
  SpeedLimit speed_{clock_};
};

TEST_F(Download, small_and_empty_files_arrive_in_one_request_or_none) {
  load(source_.add("config.json", "{}", HashKind::git_sha1));
  EXPECT_EQ(source_.requests, 1);
  load(source_.add("empty", "", HashKind::git_sha1));
  EXPECT_EQ(source_.requests, 1);
}

TEST_F(Download, a_large_file_arrives_over_four_connections_and_each_byte_once) {
  const RemoteFile file = add_large();
  source_.bytes_per_second = 200 * mib;
  load(file);
  EXPECT_EQ(source_.sent, file.size);
  EXPECT_GT(source_.most_open, 1);
  EXPECT_LE(source_.most_open, 4);
}

TEST_F(Download, lost_connections_go_on_where_they_broke) {
  const RemoteFile file = add_large(30 * mib);
  source_.cut_after = 3 * mib;
  load(file);
  EXPECT_EQ(source_.sent, file.size);
  EXPECT_GE(source_.requests, 10);
}

TEST_F(Download, a_server_that_is_away_for_long_is_waited_for) {
  const RemoteFile file = source_.add("x.gguf", random_bytes(100'000, 1));
  for (int i = 0; i < 6; ++i) source_.next([] { throw FakeSource::problem(Trouble::no_network, Retry::with_backoff); });
  FileDownload download(tools(), source_.id, source_.commit, file);
  std::atomic<bool> reconnecting = false;
  std::jthread watcher([&](const std::stop_token& end) {
    while (!end.stop_requested()) {
      const FileProgress progress = download.progress();
      if (progress.phase == FilePhase::reconnecting && progress.attempt > 2 && progress.problem.code == "E-NET-01") {
        reconnecting = true;
      }
    }
  });
  download.run({});
  EXPECT_TRUE(reconnecting);
  EXPECT_EQ(source_.requests, 7);
}

TEST_F(Download, what_the_user_must_solve_ends_it_and_keeps_the_part) {
  const RemoteFile file = add_large(20 * mib);
  load_some(file, 5 * mib);
  const std::uint64_t before = source_.sent;
  source_.next([] { throw FakeSource::problem(Trouble::gated, Retry::never); });
  FileDownload download(tools(), source_.id, source_.commit, file);
  EXPECT_THROW(download.run({}), HubError);
  EXPECT_TRUE(fs::exists(cache_.part(source_.id, file.blob)));
  EXPECT_EQ(source_.sent, before);
  load(file);
  EXPECT_LE(source_.sent - before, file.size - 5 * mib);
}

TEST_F(Download, a_stopped_download_goes_on_without_fetching_anything_twice) {
  const RemoteFile file = add_large();
  load_some(file, 20 * mib);
  load_some(file, 20 * mib);
  load(file);
  EXPECT_LE(source_.sent, file.size + 2 * mib);
}

TEST_F(Download, a_server_that_ignores_ranges_is_read_from_its_beginning) {
  const RemoteFile file = add_large(75 * mib);
  load_some(file, 20 * mib);
  source_.whole_only = true;
  source_.cut_after = 60 * mib;
  const std::uint64_t before = source_.sent;
  FileDownload download(tools(), source_.id, source_.commit, file);
  std::jthread healer([&](const std::stop_token& end) {
    while (!end.stop_requested() && source_.sent < before + 61 * mib) std::this_thread::sleep_for(1ms);
    source_.cut_after = 0;
  });
  download.run({});
  check(file);
}

TEST_F(Download, a_byte_changed_on_the_way_is_found_and_only_its_piece_replaced) {
  const RemoteFile file = add_large();
  source_.flip_at = 30 * mib + 123;
  source_.flips = 1;
  const FileProgress progress = load(file);
  EXPECT_EQ(progress.damaged, 1u);
  // Once for everything, and again up to the request with the bad piece.
  EXPECT_LE(source_.sent, 2 * file.size);
}

TEST_F(Download, a_hub_that_always_sends_wrong_bytes_is_given_up_after_three_rounds) {
  const RemoteFile file = add_large(20 * mib);
  source_.flip_at = 9 * mib;
  source_.flips = 1'000'000;
  FileDownload download(tools(), source_.id, source_.commit, file);
  try {
    download.run({});
    FAIL();
  } catch (const DownloadError& error) {
    EXPECT_EQ(error.problem().code, "E-DL-01");
  }
  EXPECT_LE(source_.sent, 4 * file.size);
  EXPECT_TRUE(fs::exists(cache_.part(source_.id, file.blob)));
  EXPECT_FALSE(fs::exists(cache_.blob(source_.id, file.blob)));
  source_.flips = 0;
  load(file);
}

TEST_F(Download, a_byte_changed_on_the_disk_costs_one_piece) {
  const RemoteFile file = add_large();
  load_some(file, 40 * mib);
  const std::uint64_t before = source_.sent;
  std::uint64_t present = 0;
  {
    const PartFile part(cache_.part(source_.id, file.blob), cache_.journal(source_.id, file.blob),
                        {.blob = file.blob, .size = file.size}, {});
    present = part.received();
    for (std::uint32_t chunk = 0; chunk < part.chunks(); ++chunk) {
      if (part.state(chunk).bytes != chunk_size(file.size, chunk)) continue;
      const disk::File damaged = disk::File::open_to_write(part.path());
      damaged.write_at(chunk * chunk_bytes + 1000, std::as_bytes(std::span("wrong")));
      break;
    }
  }
  const FileProgress progress = load(file);
  EXPECT_EQ(progress.damaged, 1u);
  EXPECT_EQ(source_.sent - before, file.size - present + 8 * mib);
}

TEST_F(Download, pages_and_records_lost_in_a_power_cut_are_fetched_again) {
  std::mt19937 random(3);
  for (unsigned round = 0; round < 5; ++round) {
    const RemoteFile file = source_.add(std::to_string(round) + ".gguf", random_bytes(20 * mib + round, 100 + round));
    load_some(file, (4 + 3 * round) * mib);
    const fs::path part = cache_.part(source_.id, file.blob), journal = cache_.journal(source_.id, file.blob);
    const std::string nothing(4096, '\0');
    for (int page = 0; page < 3; ++page) {
      disk::File::open_to_write(part).write_at(random() % (file.size - nothing.size()),
                                               std::as_bytes(std::span(nothing)));
    }
    fs::resize_file(journal, random() % (fs::file_size(journal) + 1));
    load(file);
  }
}

TEST_F(Download, a_blob_of_another_program_is_checked_once_and_used) {
  const std::string bytes = random_bytes(1'000'000, 5);
  const RemoteFile file = source_.add("x.gguf", bytes);
  write_file(cache_.blob(source_.id, file.blob), bytes);
  load(file);
  EXPECT_EQ(source_.requests, 0);
}

TEST_F(Download, what_a_program_left_that_was_killed_at_its_last_step_goes) {
  const std::string bytes = random_bytes(1'000'000, 5);
  const RemoteFile file = source_.add("x.gguf", bytes);
  write_file(cache_.blob(source_.id, file.blob), bytes);
  write_file(cache_.journal(source_.id, file.blob), "a journal");
  load(file);
  EXPECT_EQ(source_.requests, 0);
  EXPECT_FALSE(fs::exists(cache_.journal(source_.id, file.blob)));
}

TEST_F(Download, a_damaged_blob_of_another_program_is_replaced_and_never_patched) {
  const std::string bytes = random_bytes(1'000'000, 5);
  const RemoteFile file = source_.add("x.gguf", bytes);
  std::string damaged = bytes;
  damaged[77] ^= 1;
  const fs::path blob = cache_.blob(source_.id, file.blob);
  write_file(blob, damaged);
  fs::create_hard_link(blob, folder_ / "theirs");
  load(file);
  EXPECT_EQ(source_.sent, file.size);
  EXPECT_EQ(read_text_file(folder_ / "theirs"), damaged);
  std::string cut = bytes.substr(0, 1000);
  write_file(blob, cut);
  load(file);
}

TEST_F(Download, of_a_finished_file_that_was_damaged_only_bad_pieces_are_loaded) {
  const RemoteFile file = add_large();
  load(file);
  const std::uint64_t before = source_.sent;
  disk::File::open_to_write(cache_.blob(source_.id, file.blob)).write_at(50 * mib, std::as_bytes(std::span("wrong")));
  load(file);
  EXPECT_EQ(source_.sent - before, 8 * mib);
}

TEST_F(Download, the_same_weights_of_another_repository_are_linked) {
  const RemoteFile file = add_large(20 * mib);
  load(file);
  FileDownload download(tools(), "other/repository", source_.commit, file);
  download.run({});
  EXPECT_EQ(source_.sent, file.size);
  EXPECT_EQ(fs::hard_link_count(cache_.blob("other/repository", file.blob)), 2u);
}

TEST_F(Download, files_of_other_stores_are_shared_when_they_are_intact) {
  const std::string bytes = random_bytes(mib, 3);
  const RemoteFile file = source_.add("x.gguf", bytes);
  std::string damaged = bytes;
  damaged[9] ^= 1;
  write_file(folder_ / "damaged", damaged);
  write_file(folder_ / "good", bytes);
  elsewhere_ = {folder_ / "none", folder_ / "damaged", folder_ / "good"};
  load(file);
  EXPECT_EQ(source_.requests, 0);
  EXPECT_EQ(fs::hard_link_count(folder_ / "good"), 2u);
  EXPECT_EQ(fs::hard_link_count(folder_ / "damaged"), 1u);
  EXPECT_EQ(std::distance(fs::directory_iterator(cache_.repository(source_.id) / "blobs"), {}), 1);
}

TEST_F(Download, while_another_program_loads_the_file_it_is_waited_for) {
  const std::string bytes = random_bytes(100'000, 5);
  const RemoteFile file = source_.add("x.gguf", bytes);
  cache_.prepare(source_.id);
  auto lock = cache_.try_lock(source_.id, file.blob);
  FileDownload download(tools(), source_.id, source_.commit, file);
  std::jthread other([&] {
    while (download.progress().phase != FilePhase::waiting_for_lock) std::this_thread::sleep_for(1ms);
    write_file(cache_.blob(source_.id, file.blob), bytes);
    lock.reset();
  });
  download.run({});
  EXPECT_EQ(source_.requests, 0);
}

TEST_F(Download, two_downloads_of_one_file_fetch_it_once) {
  const RemoteFile file = add_large(20 * mib);
  source_.bytes_per_second = 100 * mib;
  std::jthread other([&] { FileDownload(tools(), source_.id, source_.commit, file).run({}); });
  FileDownload(tools(), source_.id, source_.commit, file).run({});
  other.join();
  EXPECT_EQ(source_.sent, file.size);
}

TEST_F(Download, once_it_has_failed_nothing_more_is_asked_for) {
  const RemoteFile file = source_.add("x.gguf", random_bytes(100'000, 1));
  for (int i = 0; i < 100; ++i) source_.next([] { throw FakeSource::problem(Trouble::not_found, Retry::never); });
  FileDownload download(tools(), source_.id, source_.commit, file);
  EXPECT_THROW(download.run({}), HubError);
  EXPECT_EQ(source_.requests, 1);
}

TEST_F(Download, the_disk_is_asked_while_bytes_arrive) {
  const RemoteFile file = add_large(20 * mib);
  source_.bytes_per_second = 20 * mib;
  DownloadTools with_full_disk = tools();
  with_full_disk.check_disk = [this] { throw DownloadError(Errc::io, disk_full(folder_.path(), 5)); };
  FileDownload download(with_full_disk, source_.id, source_.commit, file);
  EXPECT_THROW(download.run({}), DownloadError);
  source_.bytes_per_second = 0;
  load(file);
  EXPECT_LE(source_.sent, file.size + mib);
}

TEST_F(Download, a_speed_limit_holds) {
  const RemoteFile file = source_.add("x.gguf", random_bytes(8 * mib, 1));
  speed_.set(mib);  // of a clock that is a hundred times faster: 8 MiB take 75 ms and more
  const auto start = clock_.now();
  load(file);
  EXPECT_GE(clock_.now() - start, 7s);
}

TEST_F(Download, files_without_a_hash_are_refused) {
  EXPECT_THROW(FileDownload(tools(), source_.id, source_.commit, {.path = "x", .blob = "../../x", .size = 1}), Error);
}

TEST(RateMeter, the_time_left_is_hidden_at_first_and_moves_in_steps) {
  RateMeter meter;
  const Clock::Time start{};
  std::uint64_t bytes = 0;
  for (int i = 0; i <= 100; ++i) {
    meter.update(start + i * 100ms, bytes);
    bytes += 1'000'000;
    if (i < 30) {
      EXPECT_FALSE(meter.time_left(start + i * 100ms, 100'000'000));
    }
  }
  EXPECT_NEAR(meter.rate(), 1e7, 1e5);
  const auto left = meter.time_left(start + 10s, 100'000'000);
  ASSERT_TRUE(left);
  EXPECT_EQ(*left, 10s);
  EXPECT_EQ(*meter.time_left(start + 10s + 100ms, 1'000'000'000), 10s);
  EXPECT_EQ(*meter.time_left(start + 11s, 1'000'000'000), 15s);
  EXPECT_EQ(round_time(61s), 120s);
  EXPECT_EQ(round_time(3s), 5s);
  EXPECT_EQ(round_time(601s), 900s);
  EXPECT_EQ(round_time(7201s), 9000s);
}

TEST(RateMeter, old_speeds_are_forgotten_within_seconds) {
  RateMeter meter;
  const Clock::Time start{};
  std::uint64_t bytes = 0;
  for (int i = 0; i <= 100; ++i) meter.update(start + i * 100ms, bytes += 1'000'000);
  for (int i = 101; i <= 351; ++i) meter.update(start + i * 100ms, bytes);
  EXPECT_LT(meter.rate(), 1e5);
}

TEST(SizeText, three_digits) {
  EXPECT_EQ(size_text(0), "0 bytes");
  EXPECT_EQ(size_text(999), "999 bytes");
  EXPECT_EQ(size_text(4'915'000'000), "4.92 GB");
  EXPECT_EQ(size_text(48'320'000), "48.3 MB");
  EXPECT_EQ(size_text(731'400), "731 kB");
  EXPECT_EQ(size_text(999'600), "1.00 MB");
}

}  // namespace
}  // namespace etna::hub
