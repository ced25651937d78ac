#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>

#include "engine/base/error.h"
#include "engine/base/files.h"
#include "engine/base/half.h"
#include "engine/base/json.h"
#include "engine/base/thread_pool.h"

namespace etna {
namespace {

namespace fs = std::filesystem;

class Folder : public testing::Test {
protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "etna-base-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path folder_;
};

TEST(Half, every_float16_survives_the_way_to_float_and_back) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const Float16 half{static_cast<std::uint16_t>(bits)};
    const float value = to_float(half);
    if (std::isnan(value)) EXPECT_TRUE(std::isnan(to_float(to_float16(value))));
    else EXPECT_EQ(to_float16(value).bits, half.bits) << bits;
  }
}

TEST(Half, rounding_is_to_nearest_with_ties_to_even) {
  EXPECT_EQ(to_float16(1 + 0x1p-11f).bits, to_float16(1).bits);
  EXPECT_EQ(to_float16(1 + 3 * 0x1p-11f).bits, to_float16(1 + 0x1p-9f).bits);
  EXPECT_EQ(to_float16(65504).bits, 0x7bff);
  EXPECT_EQ(to_float16(65519.996f).bits, 0x7bff);
  EXPECT_EQ(to_float16(65520).bits, 0x7c00);
  EXPECT_EQ(to_float16(0x1p-25f).bits, 0);
  EXPECT_EQ(to_float16(0x1.8p-25f).bits, 1);
  EXPECT_EQ(to_bfloat16(1 + 0x1p-8f).bits, to_bfloat16(1).bits);
  EXPECT_EQ(to_bfloat16(1 + 3 * 0x1p-8f).bits, to_bfloat16(1 + 0x1p-6f).bits);
}

TEST_F(Folder, a_file_appears_whole_or_not_at_all) {
  const fs::path file = folder_ / "out.txt";
  {
    FileWriter writer(file);
    writer.append("half of it");
  }
  EXPECT_TRUE(fs::is_empty(folder_));
  FileWriter writer(file);
  writer.append("all of it");
  EXPECT_FALSE(fs::exists(file));
  writer.commit();
  EXPECT_EQ(read_text_file(file), "all of it");
}

TEST_F(Folder, missing_files_and_folders_are_named) {
  try {
    MappedFile::open(folder_ / "nothing.bin");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::not_found);
    EXPECT_NE(std::string(error.what()).find("nothing.bin"), std::string::npos);
  }
  EXPECT_THROW(MappedFile::open(folder_), Error);
  EXPECT_THROW(FileWriter(folder_ / "no" / "such" / "file"), Error);
}

TEST(Json, hostile_nesting_and_broken_text_are_errors_with_a_place) {
  EXPECT_THROW(parse_json(std::string(100000, '['), "deep"), Error);
  EXPECT_NO_THROW(parse_json("\"[[[[[[\"", "text", 2));
  try {
    parse_json("{\n  \"a\": }", "config.json");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::corrupt);
    EXPECT_NE(std::string(error.what()).find("config.json"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("line 2"), std::string::npos);
  }
}

TEST(ThreadPool, every_item_is_taken_exactly_once) {
  ThreadPool pool(3);
  for (const std::int64_t count : {0, 1, 2, 7, 1000, 100003}) {
    std::vector<std::atomic<int>> taken(static_cast<std::size_t>(count));
    pool.parallel_for(count, 5, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) ++taken[static_cast<std::size_t>(i)];
    });
    for (const auto& times : taken) ASSERT_EQ(times, 1);
  }
}

TEST(ThreadPool, what_a_body_throws_reaches_the_caller_when_all_have_ended) {
  ThreadPool pool(4);
  for (int round = 0; round < 200; ++round) {
    std::atomic<int> inside{0};
    const auto body = [&](std::int64_t begin, std::int64_t) {
      ++inside;
      const bool fails = begin % 3 == round % 3;
      --inside;
      if (fails) throw std::bad_alloc();
    };
    EXPECT_THROW(pool.parallel_for(64, 1, body), std::bad_alloc);
    EXPECT_EQ(inside, 0);
  }
  std::atomic<std::int64_t> sum{0};
  pool.parallel_for(64, 1, [&](std::int64_t begin, std::int64_t end) { sum += end - begin; });
  EXPECT_EQ(sum, 64);
}

TEST(ThreadPool, loops_in_quick_succession_and_after_a_rest_work_alike) {
  ThreadPool pool(4);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 2000; ++i) {
      std::atomic<std::int64_t> sum{0};
      pool.parallel_for(64, 1, [&](std::int64_t begin, std::int64_t end) { sum += end - begin; });
      ASSERT_EQ(sum, 64);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // workers fall asleep
  }
}

}  // namespace
}  // namespace etna
