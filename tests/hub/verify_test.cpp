#include "hub/verify.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <fstream>

#include "hub/verify_background.h"
#include "hub/verify_crc32c.h"
#include "hub/verify_records.h"
#include "tests/hub/download_fakes.h"

namespace etna::hub {
namespace {

namespace fs = std::filesystem;

TEST(Crc32c, published_values) {
  const std::string zeros(32, '\0'), ones(32, '\xff'), digits = "123456789";
  EXPECT_EQ(crc32c(0, std::as_bytes(std::span(zeros))), 0x8a9136aau);
  EXPECT_EQ(crc32c(0, std::as_bytes(std::span(ones))), 0x62a8ab43u);
  EXPECT_EQ(crc32c(0, std::as_bytes(std::span(digits))), 0xe3069283u);
}

TEST(Crc32c, pieces_of_any_length_and_place_agree_with_the_tables) {
  const std::string bytes = random_bytes(1000, 1);
  const auto all = std::as_bytes(std::span(bytes));
  for (std::size_t begin = 0; begin < 9; ++begin) {
    for (std::size_t end = begin; end < bytes.size(); end += 37) {
      const auto part = all.subspan(begin, end - begin);
      ASSERT_EQ(crc32c(0, part), crc32c_by_table(0, part));
      const auto first = part.first(part.size() / 3);
      ASSERT_EQ(crc32c(crc32c(0, first), part.subspan(first.size())), crc32c(0, part));
    }
  }
}

TEST(Hash, kinds_are_known_by_their_digits) {
  EXPECT_EQ(hash_kind(std::string(64, 'a')), HashKind::sha256);
  EXPECT_EQ(hash_kind(std::string(40, '0')), HashKind::git_sha1);
  EXPECT_EQ(hash_kind(std::string(64, 'A')), std::nullopt);
  EXPECT_EQ(hash_kind(std::string(63, 'a')), std::nullopt);
  EXPECT_EQ(hash_kind("../" + std::string(61, 'a')), std::nullopt);
  EXPECT_EQ(hash_kind(""), std::nullopt);
}

TEST(Hash, sha256_and_gits_sha1_of_known_texts) {
  EXPECT_EQ(hash_of("abc", HashKind::sha256), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  // git hash-object of an empty file, and of "hello\n".
  EXPECT_EQ(hash_of("", HashKind::git_sha1), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
  EXPECT_EQ(hash_of("hello\n", HashKind::git_sha1), "ce013625030ba8dba906f756967f9e9ca394464a");
}

TEST(Hash, a_copy_goes_on_from_the_same_state) {
  StreamHash hash(HashKind::sha256, 3);
  hash.update(std::as_bytes(std::span("ab", 2)));
  StreamHash copy(hash);
  hash.update(std::as_bytes(std::span("x", 1)));
  copy.update(std::as_bytes(std::span("c", 1)));
  EXPECT_EQ(copy.hex(), hash_of("abc", HashKind::sha256));
  EXPECT_EQ(hash.hex(), hash_of("abx", HashKind::sha256));
}

TEST(Hash, a_file_is_hashed_with_progress_and_can_be_stopped) {
  const TemporaryFolder folder;
  const std::string bytes = random_bytes(3'000'001, 2);
  write_file(folder / "file", bytes);
  std::uint64_t last = 0;
  const Progress progress{.report =
                              [&](std::uint64_t done, std::uint64_t total) {
                                EXPECT_GT(done, last);
                                EXPECT_EQ(total, bytes.size());
                                last = done;
                              },
                          .stop = {}};
  EXPECT_EQ(hash_file(folder / "file", HashKind::sha256, progress), hash_of(bytes, HashKind::sha256));
  EXPECT_EQ(last, bytes.size());
  EXPECT_EQ(hash_file(folder / "file", HashKind::git_sha1), hash_of(bytes, HashKind::git_sha1));

  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(hash_file(folder / "file", HashKind::sha256, {.report = {}, .stop = stop.get_token()}), Error);
  EXPECT_THROW(hash_file(folder / "none", HashKind::sha256), Error);
  EXPECT_THROW(hash_file(folder.path(), HashKind::sha256), Error);
}

TEST(Records, a_file_is_known_until_it_changes_in_any_way) {
  const TemporaryFolder folder;
  const fs::path file = folder / "with\ttab and % and\nline";
  write_file(file, "abc");
  const std::string hash = hash_of("abc", HashKind::sha256);
  {
    VerifyRecords records(folder / "data" / "records");
    EXPECT_FALSE(records.find(file));
    records.record(file, hash);
    ASSERT_TRUE(records.find(file));
    EXPECT_EQ(records.find(file)->hash, hash);
  }
  const VerifyRecords again(folder / "data" / "records");
  ASSERT_TRUE(again.find(file));
  EXPECT_GT(again.find(file)->unix_time, 1'600'000'000);
  fs::create_symlink(file, folder / "link");
  EXPECT_TRUE(again.find(folder / "link"));

  const auto time = fs::last_write_time(file);
  fs::last_write_time(file, time + std::chrono::seconds(1));
  EXPECT_FALSE(again.find(file));
  fs::last_write_time(file, time);
  EXPECT_TRUE(again.find(file));
  write_file(file, "abc");  // the same bytes in another inode
  fs::last_write_time(file, time);
  EXPECT_FALSE(again.find(file));
  fs::remove(file);
  EXPECT_FALSE(again.find(file));
}

TEST(Records, garbage_and_cut_lines_lose_only_themselves) {
  const TemporaryFolder folder;
  write_file(folder / "a", "1");
  write_file(folder / "b", "2");
  {
    VerifyRecords records(folder / "records");
    records.record(folder / "a", hash_of("1", HashKind::sha256));
    records.record(folder / "b", hash_of("2", HashKind::sha256));
  }
  const std::string good = read_text_file(folder / "records");
  for (std::size_t size = 0; size <= good.size(); ++size) {
    write_file(folder / "records", good.substr(0, size));
    const VerifyRecords records(folder / "records");
    EXPECT_EQ(records.find(folder / "a").has_value(), size >= good.find('\n'));
  }
  for (unsigned seed = 0; seed < 50; ++seed) {
    write_file(folder / "records", random_bytes(300, seed) + "\n" + good);
    EXPECT_TRUE(VerifyRecords(folder / "records").find(folder / "b"));
  }
}

/// What a verifier tells, for a test that waits for it.
class Told {
public:
  BackgroundVerifier::Options options() {
    return {.done =
                [this](const BackgroundVerifier::Result& result) {
                  const std::scoped_lock lock(mutex_);
                  results_.push_back(result);
                  news_.notify_all();
                },
            .progress =
                [this](const BackgroundVerifier::Status& status) {
                  const std::scoped_lock lock(mutex_);
                  statuses_.push_back(status);
                  news_.notify_all();
                },
            .busy = [this] { return busy.load(); }};
  }

  testing::AssertionResult has(std::size_t results) {
    std::unique_lock lock(mutex_);
    const bool all = news_.wait_for(lock, std::chrono::seconds(60), [&] { return results_.size() >= results; });
    return all && results_.size() == results ? testing::AssertionSuccess()
                                             : testing::AssertionFailure() << results_.size() << " results";
  }

  testing::AssertionResult sees(const std::function<bool(const BackgroundVerifier::Status&)>& wanted) {
    std::unique_lock lock(mutex_);
    return news_.wait_for(lock, std::chrono::seconds(60), [&] { return std::ranges::any_of(statuses_, wanted); })
               ? testing::AssertionSuccess()
               : testing::AssertionFailure() << statuses_.size() << " statuses";
  }

  std::vector<BackgroundVerifier::Result> results() {
    const std::scoped_lock lock(mutex_);
    return results_;
  }

  std::atomic<bool> busy = false;

private:
  std::mutex mutex_;  // guards everything below
  std::condition_variable news_;
  std::vector<BackgroundVerifier::Result> results_;
  std::vector<BackgroundVerifier::Status> statuses_;
};

class Verifying : public testing::Test {
protected:
  /// A file that is named by the hash of `bytes`.
  fs::path blob(const std::string& bytes) {
    const fs::path file = folder_ / hash_of(bytes, HashKind::sha256);
    write_file(file, bytes);
    return file;
  }

  static std::string name(const fs::path& file) { return file.filename().string(); }

  using Outcome = BackgroundVerifier::Outcome;

  const TemporaryFolder folder_;
  VerifyRecords records_{folder_ / "records"};
  Told told_;
};

TEST_F(Verifying, each_blob_is_checked_once_and_damaged_ones_are_told_from_intact_ones) {
  const fs::path good = blob("good"), none = folder_ / std::string(64, '0');
  const std::string other = hash_of("other", HashKind::git_sha1);
  write_file(folder_ / other, "0ther");
  {
    BackgroundVerifier verifier(records_, told_.options());
    verifier.add(good, name(good));
    verifier.add(folder_ / other, other);
    verifier.add(none, name(none));
    ASSERT_TRUE(told_.has(3));
    EXPECT_EQ(verifier.status().files, 0u);
  }
  const auto results = told_.results();
  EXPECT_EQ(results[0].outcome, Outcome::intact);
  EXPECT_EQ(results[1].outcome, Outcome::damaged);
  EXPECT_EQ(results[1].found, hash_of("0ther", HashKind::git_sha1));
  EXPECT_EQ(results[2].outcome, Outcome::unreadable);
  EXPECT_EQ(records_.find(good)->hash, name(good));
  EXPECT_NE(records_.find(folder_ / other)->hash, other);
}

TEST_F(Verifying, what_an_earlier_run_found_is_not_read_again) {
  const fs::path good = blob("good"), bad = blob("bad!");
  write_file(bad, "bad?");
  {
    BackgroundVerifier verifier(records_, told_.options());
    verifier.add(good, name(good));
    verifier.add(bad, name(bad));
    ASSERT_TRUE(told_.has(2));
  }
  // Other bytes behind the same inode, size and time: only who reads it would notice.
  for (const fs::path& file : {good, bad}) {
    const auto time = fs::last_write_time(file);
    std::ofstream(file, std::ios::in | std::ios::out | std::ios::binary) << "zzzz";
    fs::last_write_time(file, time);
  }
  VerifyRecords later(folder_ / "records");
  BackgroundVerifier verifier(later, told_.options());
  verifier.add(good, name(good));
  verifier.add(bad, name(bad));
  ASSERT_TRUE(told_.has(4));
  EXPECT_EQ(told_.results()[2].outcome, Outcome::intact);
  EXPECT_EQ(told_.results()[3].outcome, Outcome::damaged);
  EXPECT_EQ(told_.results()[3].found, hash_of("bad?", HashKind::sha256));
}

TEST_F(Verifying, nothing_is_read_while_something_better_is_to_be_done) {
  told_.busy = true;
  BackgroundVerifier verifier(records_, told_.options());
  const fs::path file = blob(random_bytes(3'000'000, 1));
  verifier.add(file, name(file));
  EXPECT_TRUE(told_.sees([](const auto& status) { return status.gives_way && status.file_done == 0; }));
  EXPECT_EQ(verifier.status().files, 1u);
  EXPECT_EQ(verifier.status().bytes, 3'000'000u);
  EXPECT_EQ(verifier.status().file, file);
  told_.busy = false;
  ASSERT_TRUE(told_.has(1));
  EXPECT_EQ(told_.results()[0].outcome, Outcome::intact);
  EXPECT_TRUE(told_.sees([](const auto& status) { return status == BackgroundVerifier::Status(); }));
}

TEST_F(Verifying, what_is_about_to_be_used_comes_before_everything_else) {
  const fs::path large = blob("large"), second = blob("second"), wanted = blob("wanted"), too = blob("too");
  told_.busy = true;
  BackgroundVerifier verifier(records_, told_.options());
  verifier.add(large, name(large));
  ASSERT_TRUE(told_.sees([](const auto& status) { return status.gives_way; }));
  verifier.add(second, name(second));
  verifier.add(too, name(too));
  verifier.add(wanted, name(wanted), BackgroundVerifier::Turn::first);
  verifier.add(too, name(too), BackgroundVerifier::Turn::first);
  verifier.add(second, name(second));  // waits already
  told_.busy = false;
  ASSERT_TRUE(told_.has(4));
  std::vector<fs::path> order;
  for (const auto& result : told_.results()) order.push_back(result.file);
  EXPECT_EQ(order, (std::vector<fs::path>{wanted, too, large, second}));
}

TEST_F(Verifying, it_can_be_stopped_and_goes_on_with_what_is_added_later) {
  const fs::path first = blob("first"), second = blob("second"), third = blob("third");
  told_.busy = true;
  BackgroundVerifier verifier(records_, told_.options());
  verifier.add(first, name(first));
  verifier.add(second, name(second));
  ASSERT_TRUE(told_.sees([](const auto& status) { return status.gives_way; }));
  verifier.clear();
  EXPECT_EQ(verifier.status().files, 0u);
  told_.busy = false;
  verifier.add(third, name(third));
  ASSERT_TRUE(told_.has(1));
  EXPECT_EQ(told_.results()[0].file, third);
}

TEST_F(Verifying, ends_at_once_although_it_has_to_wait) {
  told_.busy = true;
  const fs::path file = blob("file");
  BackgroundVerifier verifier(records_, told_.options());
  verifier.add(file, name(file));
  ASSERT_TRUE(told_.sees([](const auto& status) { return status.gives_way; }));
}

TEST_F(Verifying, a_scan_of_the_cache_names_each_unknown_blob_once) {
  const Cache cache(folder_ / "hub");
  const std::string commit(40, 'a'), other_commit(40, 'b');
  const auto add = [&](const std::string& bytes, const std::string& at, const std::string& path) {
    const std::string name = hash_of(bytes, HashKind::sha256);
    cache.prepare("org/name");
    write_file(cache.blob("org/name", name), bytes);
    cache.link("org/name", at, std::vector{path}, name);
    return cache.blob("org/name", name);
  };
  const fs::path known = add("known", commit, "a.gguf"), unknown = add("unknown", commit, "b.gguf");
  add("unknown", other_commit, "b.gguf");
  fs::remove(add("gone", commit, "c.gguf"));
  records_.record(known, name(known));
  BackgroundVerifier verifier(records_, told_.options());
  EXPECT_EQ(verifier.add(cache, scan_cache(cache)), 1u);
  ASSERT_TRUE(told_.has(1));
  EXPECT_EQ(told_.results()[0].file, unknown);
  EXPECT_EQ(verifier.add(cache, scan_cache(cache)), 0u);
}

}  // namespace
}  // namespace etna::hub
