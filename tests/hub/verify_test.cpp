#include "hub/verify.h"

#include <fcntl.h>
#include <unistd.h>

#include <condition_variable>

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

TEST(BackgroundVerifier, checks_each_blob_once_and_tells_damaged_from_intact) {
  const TemporaryFolder folder;
  const std::string good = hash_of("good", HashKind::sha256), other = hash_of("other", HashKind::git_sha1);
  write_file(folder / good, "good");
  write_file(folder / other, "0ther");
  VerifyRecords records(folder / "records");
  std::mutex mutex;
  std::condition_variable news;
  std::map<std::string, BackgroundVerifier::Result> results;
  {
    BackgroundVerifier verifier(records, [&](const BackgroundVerifier::Result& result) {
      const std::scoped_lock lock(mutex);
      results[result.expected] = result;
      news.notify_all();
    });
    verifier.add(folder / good, good);
    verifier.add(folder / other, other);
    verifier.add(folder / "none", std::string(64, '0'));
    std::unique_lock lock(mutex);
    ASSERT_TRUE(news.wait_for(lock, std::chrono::seconds(60), [&] { return results.size() == 3; }));
  }
  using Outcome = BackgroundVerifier::Outcome;
  EXPECT_EQ(results[good].outcome, Outcome::intact);
  EXPECT_EQ(results[other].outcome, Outcome::damaged);
  EXPECT_EQ(results[other].found, hash_of("0ther", HashKind::git_sha1));
  EXPECT_EQ(results[std::string(64, '0')].outcome, Outcome::unreadable);
  EXPECT_EQ(records.find(folder / good)->hash, good);
  EXPECT_NE(records.find(folder / other)->hash, other);
}

}  // namespace
}  // namespace etna::hub
