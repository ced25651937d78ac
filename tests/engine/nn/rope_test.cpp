#include "engine/nn/rope.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/base/error.h"

namespace etna::nn {
namespace {

RopeSettings rope(const std::string& type) {
  RopeSettings settings;
  settings.type = type;
  settings.dimensions = 64;
  settings.theta = 10000;
  settings.factor = 8;
  settings.original_max_position_embeddings = 2048;
  return settings;
}

float plain(std::int64_t pair, double theta = 10000) { return static_cast<float>(std::pow(theta, -2.0 * static_cast<double>(pair) / 64)); }

TEST(RopeTable, default_and_linear) {
  const RopeTable table = rope_table(rope("default"), 1), linear = rope_table(rope("linear"), 1);
  ASSERT_EQ(table.frequencies.size(), 32u);
  EXPECT_EQ(table.frequencies[0], 1);
  EXPECT_FLOAT_EQ(table.frequencies[7], plain(7));
  EXPECT_FLOAT_EQ(linear.frequencies[7], plain(7) / 8);
  EXPECT_EQ(table.longest, any_length);
}

TEST(RopeTable, dynamic_stretches_as_texts_outgrow_the_trained_length) {
  const RopeTable inside = rope_table(rope("dynamic"), 2048), outside = rope_table(rope("dynamic"), 4096);
  EXPECT_EQ(inside.frequencies, rope_table(rope("default"), 1).frequencies);
  EXPECT_EQ(inside.longest, 2048);
  const double theta = 10000 * std::pow(8.0 * 4096 / 2048 - 7, 64.0 / 62);
  EXPECT_FLOAT_EQ(outside.frequencies[7], plain(7, theta));
  EXPECT_EQ(outside.longest, 4096);
  EXPECT_FALSE(rereads_longer_texts(rope("dynamic")));
}

TEST(RopeTable, llama3_keeps_short_waves_and_stretches_long_ones) {
  RopeSettings settings = rope("llama3");
  settings.theta = 500000;
  settings.original_max_position_embeddings = 8192;
  const RopeTable table = rope_table(settings, 1);
  EXPECT_FLOAT_EQ(table.frequencies[0], 1);
  EXPECT_FLOAT_EQ(table.frequencies[31], plain(31, 500000) / 8);
  // Between: a wave of 4096 positions is at (8192 / 4096 - 1) / (4 - 1) of the way.
  for (std::size_t pair = 1; pair < 32; ++pair) EXPECT_LT(table.frequencies[pair], table.frequencies[pair - 1]);
}

TEST(RopeTable, yarn_keeps_quick_pairs_stretches_slow_ones_and_scales_attention) {
  const RopeTable table = rope_table(rope("yarn"), 1);
  EXPECT_FLOAT_EQ(table.frequencies[0], 1);
  EXPECT_FLOAT_EQ(table.frequencies[31], plain(31) / 8);
  EXPECT_FLOAT_EQ(rope_magnitude(rope("yarn")), static_cast<float>(0.1 * std::log(8.0) + 1));
  RopeSettings both = rope("yarn");
  both.mscale = both.mscale_all_dim = 1;
  EXPECT_FLOAT_EQ(rope_magnitude(both), 1);
  RopeSettings exact = rope("yarn");
  exact.truncate = false;
  EXPECT_NE(rope_table(exact, 1), table);
}

TEST(RopeTable, longrope_changes_its_factors_where_the_trained_length_ends) {
  RopeSettings settings = rope("longrope");
  settings.short_factor.assign(32, 2);
  settings.long_factor.assign(32, 4);
  const RopeTable inside = rope_table(settings, 2048), outside = rope_table(settings, 2049);
  EXPECT_FLOAT_EQ(inside.frequencies[3], plain(3) / 2);
  EXPECT_EQ(inside.longest, 2048);
  EXPECT_FLOAT_EQ(outside.frequencies[3], plain(3) / 4);
  EXPECT_EQ(outside.longest, any_length);
  EXPECT_TRUE(rereads_longer_texts(settings));
  EXPECT_FLOAT_EQ(rope_magnitude(settings), static_cast<float>(std::sqrt(1 + std::log(8.0) / std::log(2048.0))));
  settings.long_factor.pop_back();
  EXPECT_THROW(rope_table(settings, 4096), Error);
}

TEST(RopeTable, proportional_lets_the_slowest_pairs_stand_still) {
  RopeSettings settings = rope("proportional");
  settings.rotated_share = 0.25;
  const RopeTable table = rope_table(settings, 1);
  EXPECT_FLOAT_EQ(table.frequencies[7], plain(7) / 8);
  EXPECT_EQ(table.frequencies[8], 0);
}

TEST(RopeTable, divisors_of_a_file_apply_to_any_type) {
  RopeSettings settings = rope("default");
  settings.divisors.assign(32, 3);
  EXPECT_FLOAT_EQ(rope_table(settings, 1).frequencies[5], plain(5) / 3);
}

}  // namespace
}  // namespace etna::nn
