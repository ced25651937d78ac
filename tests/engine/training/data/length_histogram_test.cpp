#include "engine/training/data/length_histogram.h"

#include <gtest/gtest.h>

namespace etna::training {
namespace {

TEST(LengthHistogram, counts_rows_by_length) {
  LengthHistogram lengths;
  for (std::int64_t i = 1; i <= 100; ++i) lengths.add(i);
  EXPECT_EQ(lengths.rows(), 100u);
  EXPECT_EQ(lengths.tokens(), 5050u);
  EXPECT_EQ(lengths.longest(), 100);
  EXPECT_EQ(lengths.longer_than(90), 10u);
  EXPECT_EQ(lengths.quantile(0.5), 50);
  const auto bars = lengths.bars(10);
  ASSERT_EQ(bars.size(), 6u) << "of 20 tokens";
  EXPECT_EQ(bars[0], (LengthHistogram::Bar{0, 19, 19}));
  EXPECT_EQ(bars[5], (LengthHistogram::Bar{100, 119, 1}));
}

TEST(LengthHistogram, lengths_without_bounds_take_no_more_memory) {
  LengthHistogram lengths;
  for (std::int64_t i = 0; i < 1000; ++i) lengths.add((std::int64_t{1} << 30) + i);
  lengths.add(3);
  EXPECT_EQ(lengths.longer_than(100), 1000u);
  EXPECT_EQ(lengths.longer_than(std::int64_t{1} << 31), 0u);
  EXPECT_EQ(lengths.bars(20).back().rows, 1000u);
  EXPECT_LE(lengths.bars(20).size(), 21u);
}

TEST(LengthHistogram, without_rows_there_is_nothing) {
  EXPECT_TRUE(LengthHistogram().bars(10).empty());
  EXPECT_EQ(LengthHistogram().quantile(0.9), 0);
}

}  // namespace
}  // namespace etna::training
