#include "engine/generation/prompt_lookup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace etna {
namespace {

using testing::ElementsAre;
using Ids = std::vector<std::int32_t>;

Ids look_up(const Ids& text, std::size_t longest, std::size_t count) {
  const auto found = look_up_continuation(text, longest, count);
  return {found.begin(), found.end()};
}

TEST(PromptLookup, GivesWhatFollowedTheLastTokensBefore) {
  EXPECT_THAT(look_up({1, 2, 3, 4, 5, 9, 2, 3}, 3, 2), ElementsAre(4, 5));
}

TEST(PromptLookup, TheLongestRunCountsAndOfEqualsTheLatest) {
  EXPECT_THAT(look_up({7, 2, 3, 4, 8, 2, 3, 5, 7, 2, 3}, 3, 1), ElementsAre(4)) << "three tokens agree at the front";
  EXPECT_THAT(look_up({7, 2, 3, 4, 8, 2, 3, 5, 7, 2, 3}, 2, 1), ElementsAre(5)) << "two agree at both places";
}

TEST(PromptLookup, SingleTokensCountOnlyIfNothingLongerIsCompared) {
  EXPECT_TRUE(look_up({1, 2, 3, 4, 2}, 3, 2).empty());
  EXPECT_THAT(look_up({1, 2, 3, 4, 2}, 1, 2), ElementsAre(3, 4));
}

TEST(PromptLookup, ARepetitionGoesOnAsFarAsTheTextReaches) {
  EXPECT_THAT(look_up({5, 6, 5, 6}, 2, 8), ElementsAre(5, 6));
  EXPECT_THAT(look_up({4, 4, 4}, 2, 8), ElementsAre(4));
}

TEST(PromptLookup, ShortTextsAndNoLengthGiveNothing) {
  EXPECT_TRUE(look_up({}, 3, 2).empty());
  EXPECT_TRUE(look_up({1}, 1, 2).empty());
  EXPECT_TRUE(look_up({1, 1, 1, 1}, 0, 2).empty());
}

}  // namespace
}  // namespace etna
