#include "engine/session/prompt_disk.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/io/safetensors.h"
#include "tests/engine/io/temporary_folder.h"

namespace etna {
namespace {

const RowFormat format{.kv_heads = 2, .key_size = 8, .value_size = 8};

class PromptDiskTest : public testing::Test {
protected:
  std::shared_ptr<PromptDisk> open(std::uint64_t limit = std::uint64_t{1} << 30) {
    return std::make_shared<PromptDisk>(folder_ / "prompts", limit, [this](const std::string& note) { notes_.push_back(note); });
  }

  /// A piece of `count` tokens, and rows that tell it from others.
  std::pair<DiskPrefix, std::shared_ptr<CacheSegment>> piece(const std::string& key, const DiskPrefix* parent, std::int32_t token, std::int64_t count = 32) {
    DiskPrefix piece;
    piece.key = key;
    piece.model = "model";
    piece.settings = "f32";
    if (parent) piece.parent = parent->id, piece.begin = parent->begin + static_cast<std::int64_t>(parent->tokens.size());
    piece.tokens.assign(static_cast<std::size_t>(count), token);
    piece.covers = {{{}, {piece.begin, piece.begin + count}}};
    piece.id = piece.make_id();
    auto segment = std::make_shared<CacheSegment>(*backend_->allocator(), 0, std::vector<RowFormat>{format}, piece.covers);
    std::ranges::fill(segment->bytes(), static_cast<std::byte>(token));
    return {piece, segment};
  }

  std::shared_ptr<const CacheSegment> load(PromptDisk& disk, const DiskPrefix& piece) { return disk.load(piece.id, piece.covers, {format}, *backend_->allocator(), 0); }

  std::filesystem::path file(const DiskPrefix& piece) const { return folder_ / ("prompts/" + piece.id + ".safetensors"); }

  test::TemporaryFolder folder_;
  std::unique_ptr<Backend> backend_ = cpu::create_backend(1);
  std::vector<std::string> notes_;
};

TEST_F(PromptDiskTest, pieces_survive_the_program_and_are_found_by_their_key_parents_first) {
  const auto [one, rows] = piece("a", nullptr, 1);
  const auto [two, more] = piece("a", &one, 2);
  const auto [other, others] = piece("b", nullptr, 3);
  {
    const auto disk = open();
    disk->write(one, rows);
    disk->write(two, more);
    disk->write(other, others);
    EXPECT_NE(load(*disk, two), nullptr) << "also before it is written";
  }
  const auto disk = open();
  EXPECT_EQ(disk->entries_count(), 3u);
  const std::vector<DiskPrefix> found = disk->entries("a");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].id, one.id);
  EXPECT_EQ(found[1].tokens, two.tokens);
  EXPECT_EQ(found[1].parent, one.id);
  const auto loaded = load(*disk, found[1]);
  ASSERT_NE(loaded, nullptr);
  EXPECT_TRUE(std::ranges::equal(loaded->bytes(), more->bytes()));
  EXPECT_EQ(disk->list().size(), 3u);
  EXPECT_EQ(disk->list()[0].model, "model");
}

TEST_F(PromptDiskTest, beyond_the_limit_the_longest_unused_goes) {
  const auto disk = open();
  std::vector<DiskPrefix> pieces;
  for (std::int32_t i = 1; i <= 4; ++i) {
    const auto [one, rows] = piece("a", nullptr, i);
    disk->write(one, rows);
    pieces.push_back(one);
  }
  disk->flush();
  const std::uint64_t each = disk->bytes() / 4;
  disk->touch({pieces[0].id});
  disk->flush();
  disk->set_limit(3 * each);
  EXPECT_EQ(disk->entries_count(), 3u);
  EXPECT_NE(load(*disk, pieces[0]), nullptr);
  EXPECT_EQ(load(*disk, pieces[1]), nullptr) << "unused longest";
  EXPECT_THAT(notes_, testing::IsEmpty()) << "that is no damage";
  disk->set_limit(10);
  EXPECT_EQ(disk->bytes(), 0u);
  const auto [big, rows] = piece("a", nullptr, 9);
  disk->write(big, rows);
  disk->flush();
  EXPECT_EQ(disk->entries_count(), 0u) << "what does not fit is left out";
}

TEST_F(PromptDiskTest, the_order_of_use_survives_the_program) {
  const auto [one, rows] = piece("a", nullptr, 1);
  const auto [two, more] = piece("a", nullptr, 2);
  {
    const auto disk = open();
    disk->write(one, rows);
    disk->write(two, more);
    disk->touch({one.id});
  }
  const auto disk = open();
  disk->set_limit(disk->bytes() - 1);
  EXPECT_EQ(disk->entries("a").at(0).id, one.id);
}

TEST_F(PromptDiskTest, a_piece_may_be_read_while_its_use_is_noted) {
  const auto [one, rows] = piece("a", nullptr, 1, 4000);
  const auto disk = open();
  disk->write(one, rows);
  disk->flush();
  for (int i = 0; i < 100; ++i) {
    disk->touch({one.id});  // another thread sets the file's time
    ASSERT_NE(load(*disk, one), nullptr) << i;
    ASSERT_EQ(disk->entries("a").size(), 1u) << i;
  }
  EXPECT_THAT(notes_, testing::IsEmpty());
}

TEST_F(PromptDiskTest, damaged_files_are_dropped_with_a_sentence) {
  const auto [one, rows] = piece("a", nullptr, 1);
  const auto [two, more] = piece("a", &one, 2);
  const auto [three, third] = piece("a", nullptr, 3);
  open()->write(one, rows), open()->write(two, more);
  {
    const auto disk = open();
    for (const auto& [each, bytes] : {std::pair{one, rows}, std::pair{two, more}, std::pair{three, third}}) disk->write(each, bytes);
  }
  std::filesystem::resize_file(file(one), 100);
  {
    std::fstream stream(file(three), std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(-1, std::ios::end);
    stream.put('x');  // one of its rows
  }
  const auto disk = open();
  const std::vector<DiskPrefix> left = disk->entries("a");
  ASSERT_EQ(left.size(), 1u) << "what continues the damaged one cannot be reached";
  EXPECT_EQ(left[0].id, three.id);
  ASSERT_EQ(notes_.size(), 1u);
  EXPECT_THAT(notes_[0], testing::HasSubstr("A kept prompt was damaged and is gone"));
  EXPECT_EQ(load(*disk, three), nullptr);
  EXPECT_THAT(notes_.back(), testing::HasSubstr("its rows are damaged"));
  EXPECT_FALSE(std::filesystem::exists(file(three)));
}

TEST_F(PromptDiskTest, files_of_other_kinds_and_hostile_descriptions_do_no_harm) {
  const auto [one, rows] = piece("a", nullptr, 1);
  open()->write(one, rows);
  const std::filesystem::path path = file(one);
  const std::map<std::string, std::string> good = SafetensorsFile::open(path)->metadata();
  const std::vector<TensorHeader> tensors = {{"tokens", DType::int32, {32}}, {"rows", DType::uint8, {4096}}};
  for (const auto& [key, value] : {std::pair{"begin", "-1"}, std::pair{"covers", "0 0 0 99999999999;"}, std::pair{"covers", "5 1 0 0;"}, std::pair{"covers", ""},
                                   std::pair{"key", "b"}, std::pair{"etna_prefix", "2"}, std::pair{"parent", "../../x"}}) {
    SCOPED_TRACE(std::string(key) + "=" + value);
    std::map<std::string, std::string> metadata = good;
    metadata[key] = value;
    std::filesystem::create_directories(path.parent_path());  // it goes with its last file
    SafetensorsWriter writer(path, tensors, metadata);
    writer.append(std::as_bytes(std::span(one.tokens)));
    writer.append(rows->bytes());
    writer.commit();
    const auto disk = open();
    EXPECT_THAT(disk->entries("a"), testing::IsEmpty());
    EXPECT_EQ(load(*disk, one), nullptr);
  }
  const auto disk = open();
  EXPECT_FALSE(disk->remove("../../../etc/passwd"));
  EXPECT_FALSE(disk->remove(""));
}

TEST_F(PromptDiskTest, removing_a_piece_removes_what_continues_it_and_purging_everything) {
  const auto disk = open();
  const auto [one, rows] = piece("a", nullptr, 1);
  const auto [two, more] = piece("a", &one, 2);
  const auto [three, third] = piece("a", nullptr, 3);
  for (const auto& [each, bytes] : {std::pair{one, rows}, std::pair{two, more}, std::pair{three, third}}) disk->write(each, bytes);
  disk->flush();
  EXPECT_TRUE(disk->remove(one.id));
  EXPECT_EQ(disk->entries_count(), 1u);
  EXPECT_GT(disk->purge(), 0u);
  EXPECT_EQ(disk->bytes(), 0u);
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "prompts"));
}

TEST_F(PromptDiskTest, forgetting_a_conversation_takes_its_pieces_and_what_continues_them_written_or_waiting) {
  const auto disk = open();
  const auto of = [](std::pair<DiskPrefix, std::shared_ptr<CacheSegment>> piece, const char* conversation) {
    piece.first.conversation = conversation;
    return piece;
  };
  const auto [mine, rows] = of(piece("a", nullptr, 1), "mine");
  const auto [theirs, more] = of(piece("a", &mine, 2), "theirs");  // continues what goes
  const auto [other, others] = of(piece("a", nullptr, 3), "theirs");
  disk->write(mine, rows);
  disk->write(theirs, more);
  disk->write(other, others);
  disk->flush();
  EXPECT_EQ(disk->list().front().conversation.empty(), false);
  auto quiet = disk->pause();
  const auto [waiting, fourth] = of(piece("a", nullptr, 4), "mine");
  disk->write(waiting, fourth);
  const PromptDisk::Forgotten gone = disk->forget({.conversation = "mine"});
  EXPECT_EQ(gone.ids, (std::set<std::string>{mine.id, theirs.id, waiting.id}));
  EXPECT_GT(gone.bytes, 0u);
  quiet.reset();
  disk->flush();
  ASSERT_EQ(disk->entries_count(), 1u);
  EXPECT_EQ(disk->list().front().id, other.id);
  disk->forget({.model = "another"});
  EXPECT_EQ(disk->entries_count(), 1u);
  disk->forget({.model = "model"});
  EXPECT_EQ(disk->entries_count(), 0u);
}

TEST_F(PromptDiskTest, nothing_is_written_while_somebody_computes) {
  const auto disk = open();
  auto quiet = disk->pause();
  const auto [one, rows] = piece("a", nullptr, 1);
  disk->write(one, rows);
  EXPECT_EQ(disk->waiting_bytes(), rows->bytes().size());
  EXPECT_EQ(disk->entries_count(), 0u);
  quiet.reset();
  disk->flush();
  EXPECT_EQ(disk->entries_count(), 1u);
  quiet = disk->pause();
  const auto [two, more] = piece("a", nullptr, 2);
  disk->write(two, more);
  EXPECT_EQ(disk->forget_waiting(), more->bytes().size());
}

TEST_F(PromptDiskTest, a_program_that_is_killed_while_it_writes_leaves_whole_files_only) {
  for (int round = 0; round < 8; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      const auto disk = open();
      for (std::int32_t i = 0;; ++i) {
        const auto [one, rows] = piece("a", nullptr, round * 1000 + i, 2000);
        disk->write(one, rows);
        disk->flush();
      }
    }
    ::usleep(static_cast<useconds_t>(20'000 + 7'000 * round));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    const auto disk = open();
    const std::vector<DiskPrefix> entries = disk->entries("a");
    EXPECT_EQ(entries.size(), disk->entries_count());
    for (const DiskPrefix& entry : entries) EXPECT_NE(load(*disk, entry), nullptr);
    EXPECT_THAT(notes_, testing::IsEmpty());
  }
}

}  // namespace
}  // namespace etna
