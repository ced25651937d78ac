#include "engine/backend/vulkan/hazards.h"

#include <gtest/gtest.h>

namespace etna::vulkan {
namespace {

using Ranges = std::vector<ByteRange>;

bool note(HazardTracker& tracker, const Ranges& reads, const Ranges& writes) { return tracker.note(reads, writes); }

TEST(HazardTracker, IndependentDispatchesThatReadTheSameBytesNeedNoBarrier) {
  HazardTracker tracker;
  EXPECT_FALSE(note(tracker, {{0, 100}}, {{200, 300}}));
  EXPECT_FALSE(note(tracker, {{0, 100}}, {{300, 400}}));
  EXPECT_FALSE(note(tracker, {{50, 120}}, {{400, 500}}));
}

TEST(HazardTracker, ReadingWhatWasWrittenNeedsABarrier) {
  HazardTracker tracker;
  EXPECT_FALSE(note(tracker, {{0, 100}}, {{200, 300}}));
  EXPECT_TRUE(note(tracker, {{299, 310}}, {{400, 500}}));
}

TEST(HazardTracker, WritingWhatIsStillReadNeedsABarrier) {
  HazardTracker tracker;
  EXPECT_FALSE(note(tracker, {{0, 100}}, {{200, 300}}));
  EXPECT_TRUE(note(tracker, {{500, 600}}, {{99, 101}}));
}

TEST(HazardTracker, WritingTheSameBytesTwiceNeedsABarrier) {
  HazardTracker tracker;
  EXPECT_FALSE(note(tracker, {}, {{200, 300}}));
  EXPECT_TRUE(note(tracker, {}, {{250, 260}}));
}

TEST(HazardTracker, NeighboursThatTouchButDoNotOverlapAreIndependent) {
  HazardTracker tracker;
  EXPECT_FALSE(note(tracker, {}, {{200, 300}}));
  EXPECT_FALSE(note(tracker, {{300, 400}, {100, 200}}, {{400, 500}}));
}

TEST(HazardTracker, ABarrierCoversEverythingBeforeIt) {
  HazardTracker tracker;
  EXPECT_FALSE(note(tracker, {}, {{0, 10}}));
  EXPECT_FALSE(note(tracker, {}, {{10, 20}}));
  EXPECT_TRUE(note(tracker, {{0, 10}}, {{30, 40}}));
  EXPECT_FALSE(note(tracker, {{10, 20}}, {{40, 50}}));
  EXPECT_TRUE(note(tracker, {{30, 40}}, {{50, 60}}));
}

}  // namespace
}  // namespace etna::vulkan
