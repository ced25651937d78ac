#include "engine/backend/vulkan/hazards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace etna::vulkan {
namespace {

std::vector<int> levels(const std::vector<Accesses>& dispatches) {
  return dependency_levels(dispatches);
}

TEST(DependencyLevels, DispatchesThatReadTheSameBytesRunTogether) {
  EXPECT_THAT(levels({{{{0, 100}}, {{200, 300}}}, {{{0, 100}}, {{300, 400}}}, {{{50, 120}}, {{400, 500}}}}),
              testing::ElementsAre(0, 0, 0));
}

TEST(DependencyLevels, ReadingWhatWasWrittenWaits) {
  EXPECT_THAT(levels({{{{0, 100}}, {{200, 300}}}, {{{299, 310}}, {{400, 500}}}}), testing::ElementsAre(0, 1));
}

TEST(DependencyLevels, WritingWhatIsStillReadWaits) {
  EXPECT_THAT(levels({{{{0, 100}}, {{200, 300}}}, {{{500, 600}}, {{99, 101}}}}), testing::ElementsAre(0, 1));
}

TEST(DependencyLevels, WritingTheSameBytesTwiceWaits) {
  EXPECT_THAT(levels({{{}, {{200, 300}}}, {{}, {{250, 260}}}}), testing::ElementsAre(0, 1));
}

TEST(DependencyLevels, NeighboursThatTouchButDoNotOverlapAreIndependent) {
  EXPECT_THAT(levels({{{}, {{200, 300}}}, {{{300, 400}, {100, 200}}, {{400, 500}}}}), testing::ElementsAre(0, 0));
}

TEST(DependencyLevels, ChainsRecordedOneAfterTheOtherRunSideBySide) {
  const Accesses first{{{0, 10}}, {{10, 20}}}, second{{{10, 20}}, {{20, 30}}};
  const Accesses other{{{0, 10}}, {{40, 50}}}, after{{{40, 50}}, {{50, 60}}};
  const Accesses both{{{20, 30}, {50, 60}}, {{60, 70}}};
  EXPECT_THAT(levels({first, second, other, after, both}), testing::ElementsAre(0, 1, 0, 1, 2));
}

TEST(DependencyLevels, LongProgramsStayInOrderAcrossWindows) {
  std::vector<Accesses> chain;
  for (std::uint64_t i = 0; i < 2000; ++i) chain.push_back({{{i, i + 1}}, {{i + 1, i + 2}}});
  const std::vector<int> result = levels(chain);
  for (std::size_t i = 1; i < chain.size(); ++i) EXPECT_GT(result[i], result[i - 1]);
}

}  // namespace
}  // namespace etna::vulkan
