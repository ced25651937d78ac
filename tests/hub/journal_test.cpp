#include "hub/journal.h"

#include "hub/download_part.h"
#include "hub/verify_crc32c.h"
#include "tests/hub/download_fakes.h"

namespace etna::hub {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t mib = 1u << 20;

const JournalSubject subject{.blob = std::string(64, 'a'), .size = 20 * std::uint64_t{mib}};

std::vector<ChunkClaim> read(const fs::path& file, const std::string& start = "today") {
  auto claims = Journal::read(file, subject, start);
  return claims ? *claims : std::vector<ChunkClaim>{{.chunk = 999}};
}

TEST(Journal, what_was_claimed_last_of_a_chunk_holds) {
  const TemporaryFolder folder;
  Journal journal = Journal::create(folder / "j", subject, {}, "today");
  EXPECT_TRUE(read(folder / "j").empty());
  const ChunkClaim first{.chunk = 1, .bytes = mib, .crc = 7}, more{.chunk = 1, .bytes = 2 * mib, .crc = 8};
  const ChunkClaim other{.chunk = 2, .bytes = 4 * mib, .crc = 9};
  journal.append(std::vector{first, other}, Durability::flushed);
  journal.append(std::vector{more}, Durability::written);
  EXPECT_EQ(read(folder / "j"), (std::vector{more, other}));
  journal.append(std::vector{ChunkClaim{.chunk = 2}}, Durability::written);
  EXPECT_EQ(read(folder / "j"), std::vector{more});
}

TEST(Journal, after_a_new_start_of_the_system_only_what_was_flushed_counts) {
  const TemporaryFolder folder;
  Journal journal = Journal::create(folder / "j", subject, {}, "today");
  const ChunkClaim flushed{.chunk = 0, .bytes = 3 * mib, .crc = 1}, written{.chunk = 0, .bytes = 8 * mib, .crc = 2};
  journal.append(std::vector{flushed}, Durability::flushed);
  journal.append(std::vector{written}, Durability::written);
  EXPECT_EQ(read(folder / "j", "today"), std::vector{written});
  EXPECT_EQ(read(folder / "j", "tomorrow"), std::vector{flushed});
  EXPECT_EQ(read(folder / "j", ""), std::vector{flushed});
  // What was found to be wrong stays wrong, however little that claim survives otherwise.
  journal.append(std::vector{ChunkClaim{.chunk = 0}}, Durability::written);
  EXPECT_TRUE(read(folder / "j", "tomorrow").empty());
}

TEST(Journal, of_another_file_is_none) {
  const TemporaryFolder folder;
  Journal::create(folder / "j", subject, std::vector{ChunkClaim{.chunk = 0, .bytes = 1, .crc = 1}}, "today");
  EXPECT_FALSE(Journal::read(folder / "j", {.blob = std::string(64, 'b'), .size = subject.size}, "today"));
  EXPECT_FALSE(Journal::read(folder / "j", {.blob = subject.blob, .size = subject.size + 1}, "today"));
  EXPECT_FALSE(Journal::read(folder / "none", subject, "today"));
}

TEST(Journal, cut_anywhere_it_knows_less_and_never_more) {
  const TemporaryFolder folder;
  Journal journal = Journal::create(folder / "j", subject, {}, "today");
  std::vector<std::vector<ChunkClaim>> versions = {{}};
  for (std::uint32_t i = 1; i <= 8; ++i) {
    const ChunkClaim claim{.chunk = 0, .bytes = i * mib, .crc = i};
    journal.append(std::vector{claim}, Durability::written);
    versions.push_back({claim});
  }
  const std::string whole = read_text_file(folder / "j");
  std::size_t known = 0;
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    write_file(folder / "cut", whole.substr(0, size));
    const auto claims = Journal::read(folder / "cut", subject, "today");
    if (!claims) continue;
    ASSERT_LT(known, versions.size());
    if (known + 1 < versions.size() && *claims == versions[known + 1]) ++known;
    EXPECT_EQ(*claims, versions[known]);
  }
  EXPECT_EQ(known, 8u);
}

TEST(Journal, a_changed_byte_ends_what_is_believed) {
  const TemporaryFolder folder;
  Journal journal = Journal::create(folder / "j", subject, {}, "today");
  for (std::uint32_t i = 1; i <= 8; ++i) {
    journal.append(std::vector{ChunkClaim{.chunk = 0, .bytes = i, .crc = i}}, Durability::written);
  }
  const std::string whole = read_text_file(folder / "j");
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] ^= 0x10;
    write_file(folder / "damaged", damaged);
    const auto claims = Journal::read(folder / "damaged", subject, "today");
    if (!claims || claims->empty()) continue;
    EXPECT_LT(claims->front().bytes, 8u) << at;
    EXPECT_EQ(claims->front().bytes, claims->front().crc) << at;
  }
}

TEST(Journal, hostile_records_with_right_checksums_claim_nothing_impossible) {
  const TemporaryFolder folder;
  const auto le = [](std::uint64_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
    return text;
  };
  const auto record = [&](const std::string& content) {
    return le(content.size(), 4) + le(crc32c(0, std::as_bytes(std::span(content))), 4) + content;
  };
  Journal::create(folder / "j", subject, {}, "today");
  const std::string head = read_text_file(folder / "j");
  const std::string one = "\1";
  const std::vector<std::string> contents = {
      "C" + one + le(3, 4) + le(1, 4) + le(0, 4),            // there is no chunk 3
      "C" + one + le(0xffffffff, 4) + le(1, 4) + le(0, 4),   //
      "C" + one + le(2, 4) + le(4 * mib + 1, 4) + le(0, 4),  // the last chunk has 4 MiB
      "C" + one + le(0, 4) + le(8 * mib + 1, 4) + le(0, 4),  //
      "C\7" + le(0, 4) + le(1, 4) + le(0, 4),                // no such durability
      "C" + one + "odd",
      "C",
      "X",
  };
  for (const std::string& content : contents) {
    const std::string valid = record("C" + one + le(1, 4) + le(5, 4) + le(6, 4));
    write_file(folder / "j", head + record(content) + valid);
    EXPECT_TRUE(read(folder / "j").empty()) << content;
  }
  write_file(folder / "j", head + le(0xffffffff, 4) + le(0, 4));
  EXPECT_TRUE(read(folder / "j").empty());
  for (unsigned seed = 0; seed < 200; ++seed) {
    write_file(folder / "j", head + random_bytes(200, seed));
    EXPECT_TRUE(read(folder / "j").empty());
  }
}

class Part : public testing::Test {
protected:
  std::unique_ptr<PartFile> open(bool allocate = true) {
    return std::make_unique<PartFile>(folder_ / "part", folder_ / "journal",
                                      JournalSubject{.blob = std::string(64, 'a'), .size = bytes_.size()},
                                      PartFile::Options{.allocate = allocate, .claim_bytes = mib});
  }

  std::span<const std::byte> bytes(const FileRange& range) const {
    return std::as_bytes(std::span(bytes_)).subspan(range.begin, range.end - range.begin);
  }

  const TemporaryFolder folder_;
  const std::string bytes_ = random_bytes(20 * mib + 77, 3);
};

TEST_F(Part, ranges_are_whole_chunks_and_nobody_gets_two_of_the_same) {
  const auto part = open();
  EXPECT_EQ(part->chunks(), 3u);
  const auto first = part->try_take(2), second = part->try_take(2);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(*first, (FileRange{.begin = 0, .end = 16 * mib}));
  EXPECT_EQ(*second, (FileRange{.begin = 16 * mib, .end = bytes_.size()}));
  EXPECT_FALSE(part->try_take(1));
  EXPECT_FALSE(part->try_take_all());
  part->append(0, bytes({.begin = 0, .end = 3 * mib}));
  part->give_back(*first);
  EXPECT_EQ(part->try_take(1), (FileRange{.begin = 3 * mib, .end = 8 * mib}));
  EXPECT_EQ(part->received(), 3 * mib);
}

TEST_F(Part, what_has_arrived_is_there_after_the_process_ended) {
  {
    const auto part = open();
    const auto range = *part->try_take(3);
    part->append(0, bytes({.begin = 0, .end = 9 * mib}));
    part->append(9 * mib, bytes({.begin = 9 * mib, .end = 9 * mib + mib / 2}));
    part->give_back(range);
  }  // no flush: as if killed
  const auto part = open();
  EXPECT_EQ(part->received(), 9 * mib);
  EXPECT_EQ(part->state(0).crc, crc32c(0, bytes({.begin = 0, .end = 8 * mib})));
  EXPECT_EQ(part->try_take(3), (FileRange{.begin = 9 * mib, .end = bytes_.size()}));
}

TEST_F(Part, a_part_that_has_shrunk_is_not_believed) {
  {
    const auto part = open(false);
    part->try_take(3);
    part->append(0, bytes({.begin = 0, .end = bytes_.size()}));
    part->flush();
  }
  fs::resize_file(folder_ / "part", 10 * mib);
  EXPECT_EQ(open(false)->received(), 8 * mib);
}

TEST_F(Part, bytes_that_are_there_are_passed_over_and_gaps_stay_gaps) {
  const auto part = open();
  part->try_take_all();
  part->append(0, bytes({.begin = 0, .end = mib}));
  part->append(0, bytes({.begin = 0, .end = 2 * mib}));
  EXPECT_EQ(part->received(), 2 * mib);
  part->append(3 * mib, bytes({.begin = 3 * mib, .end = 4 * mib}));
  EXPECT_EQ(part->received(), 2 * mib);
  part->append(bytes_.size(), bytes({.begin = 0, .end = 10}));
  EXPECT_EQ(part->received(), 2 * mib);
}

TEST_F(Part, a_chunk_that_was_given_up_is_missing_again_and_after_a_restart_too) {
  {
    const auto part = open();
    const auto all = *part->try_take(3);
    part->append(0, bytes(all));
    EXPECT_TRUE(part->is_complete());
    part->give_back(all);
    part->flush();
    part->forget(1);
    EXPECT_EQ(part->try_take(3), (FileRange{.begin = 8 * mib, .end = 16 * mib}));
  }
  EXPECT_EQ(open()->received(), bytes_.size() - 8 * mib);
}

TEST_F(Part, flushed_claims_do_not_hide_later_written_ones) {
  {
    const auto part = open();
    part->try_take(3);
    part->append(0, bytes({.begin = 0, .end = 2 * mib}));
    part->flush();
    part->append(2 * mib, bytes({.begin = 2 * mib, .end = 5 * mib}));
  }
  EXPECT_EQ(open()->received(), 5 * mib);
}

TEST_F(Part, waiting_for_work_ends_when_there_is_some_or_the_part_is_closed) {
  const auto part = open();
  const auto all = *part->try_take(3);
  std::jthread other([&] { part->give_back(all); });
  EXPECT_TRUE(part->wait_for_work({}));
  part->try_take(3);
  std::jthread closer([&] { part->close(); });
  EXPECT_FALSE(part->wait_for_work({}));
}

}  // namespace
}  // namespace etna::hub
