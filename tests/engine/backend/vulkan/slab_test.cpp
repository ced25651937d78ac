#include "engine/backend/vulkan/slab.h"

#include <gtest/gtest.h>

namespace etna::vulkan {
namespace {

TEST(Slab, PlacesAreAlignedAndDisjoint) {
  Slab slab(1024);
  EXPECT_EQ(slab.take(1), 0u);
  EXPECT_EQ(slab.take(257), 256u);
  EXPECT_EQ(slab.take(256), 768u);
  EXPECT_EQ(slab.take(1), std::nullopt);
}

TEST(Slab, FreedNeighboursBecomeOneHole) {
  Slab slab(1024);
  for (int i = 0; i < 4; ++i) slab.take(256);
  slab.give_back(256, 256);
  slab.give_back(768, 256);
  EXPECT_EQ(slab.take(512), std::nullopt);
  slab.give_back(512, 256);
  EXPECT_EQ(slab.take(768), 256u);
  slab.give_back(256, 768);
  EXPECT_FALSE(slab.empty());
  slab.give_back(0, 256);
  EXPECT_TRUE(slab.empty());
}

}  // namespace
}  // namespace etna::vulkan
