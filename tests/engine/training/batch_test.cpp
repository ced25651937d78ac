#include "engine/training/batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/error.h"

namespace etna::training {
namespace {

using testing::Each;
using testing::ElementsAre;

std::vector<std::int32_t> part(const std::vector<std::int32_t>& all, std::size_t first, std::size_t count) {
  return {all.begin() + static_cast<std::ptrdiff_t>(first), all.begin() + static_cast<std::ptrdiff_t>(first + count)};
}

TEST(MakeBatch, PadsToAMultipleOf32AndLearnsWhatFollows) {
  const Batch batch = make_batch(std::vector<Example>{{.tokens = {5, 6, 7, 8}}, {.tokens = {9, 10}}}, 2048);
  EXPECT_EQ(batch.rows, 2);
  EXPECT_EQ(batch.length, 32);
  EXPECT_THAT(part(batch.inputs, 0, 6), ElementsAre(5, 6, 7, 8, 0, 0));
  EXPECT_THAT(part(batch.targets, 0, 6), ElementsAre(6, 7, 8, -1, -1, -1));
  EXPECT_THAT(part(batch.targets, 32, 3), ElementsAre(10, -1, -1));
  EXPECT_EQ(batch.learned(), 4);
}

TEST(MakeBatch, LearnsMarkedTokensOnly) {
  const Batch batch = make_batch(std::vector<Example>{{.tokens = {1, 2, 3, 4, 5}, .learned = {{0, 1}, {3, 4}}}}, 2048);
  EXPECT_THAT(part(batch.targets, 0, 5), ElementsAre(-1, -1, 4, -1, -1)) << "the first token follows nothing";
}

TEST(MakeBatch, CutsLongTextsAtTheirEnd) {
  std::vector<std::int32_t> tokens(100);
  for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<std::int32_t>(i);
  const Batch batch = make_batch(std::vector<Example>{{.tokens = tokens}}, 40);
  EXPECT_EQ(batch.length, 39);
  EXPECT_EQ(batch.targets.back(), 39);
  EXPECT_EQ(batch.learned(), 39);
}

TEST(MakeBatch, CountsTargetsFromOffsetToLengthAsMlxLmDoes) {
  const std::vector<std::int32_t> tokens{1, 11, 12, 13, 0, 0};
  const Batch batch = make_batch(1, tokens, std::vector<Counted>{{.offset = 2, .length = 4}});
  EXPECT_THAT(batch.inputs, ElementsAre(1, 11, 12, 13, 0));
  EXPECT_THAT(batch.targets, ElementsAre(-1, 12, 13, 0, -1));
}

TEST(MakeBatch, RefusesWhatIsNoText) {
  EXPECT_THROW(make_batch({}, 10), Error);
  EXPECT_THROW(make_batch(std::vector<Example>{{.tokens = {1}}}, 10), Error);
  EXPECT_THROW(make_batch(2, std::vector<std::int32_t>{1, 2, 3}, std::vector<Counted>(2)), Error);
}

}  // namespace
}  // namespace etna::training
