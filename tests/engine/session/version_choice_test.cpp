#include "engine/session/version_choice.h"

#include <gtest/gtest.h>

namespace etna {
namespace {

constexpr std::uint64_t gib = std::uint64_t{1} << 30;

LoadEstimate estimate(double gibibytes, std::uint64_t usable = 12 * gib) {
  LoadEstimate estimate;
  PoolEstimate pool;
  pool.pool = "system";
  pool.weight_bytes = static_cast<std::uint64_t>((gibibytes - 1) * static_cast<double>(gib));
  pool.kv_cache_bytes = gib / 2;
  pool.working_bytes = gib / 2;
  pool.usable_bytes = usable;
  estimate.pools = {pool};
  estimate.usable_bytes = usable;
  estimate.context_length = 8192;
  estimate.trained_context_length = 131072;
  return sibling_estimate(estimate, pool.weight_bytes, pool.weight_bytes);
}

VersionCandidate candidate(double bits, double gibibytes) {
  return {.bits = bits, .estimate = estimate(gibibytes)};
}

TEST(VersionChoice, TheMostExactVersionThatLeavesTheComputerAtEaseIsRecommended) {
  const VersionChoice best = recommend_version({candidate(3.9, 5), candidate(4.85, 6), candidate(8.5, 9.6), candidate(16, 16.5)});
  EXPECT_EQ(best.index, 1);
  EXPECT_EQ(best.reason, VersionReason::room_for_context);
  EXPECT_EQ(best.context, 65536u);
}

TEST(VersionChoice, WhereAllIsTightTheReasonSaysSo) {
  const VersionChoice best = recommend_version({candidate(4.85, 11)});
  EXPECT_EQ(best.index, 0);
  EXPECT_EQ(best.reason, VersionReason::best_that_fits);
}

TEST(VersionChoice, NothingIsRecommendedThatIsTooBigIncompleteOrUnknown) {
  VersionCandidate incomplete = candidate(4.85, 6);
  incomplete.complete = false;
  EXPECT_EQ(recommend_version({candidate(4.85, 30), incomplete, {.bits = 4.85}}).index, -1);
  EXPECT_EQ(recommend_version({}).reason, VersionReason::none);
}

TEST(VersionChoice, ASiblingDiffersInItsWeightsAlone) {
  const LoadEstimate known = estimate(6);
  const LoadEstimate half = sibling_estimate(known, 1000, 500);
  EXPECT_EQ(half.weight_bytes(), known.weight_bytes() / 2);
  EXPECT_EQ(half.kv_cache_bytes(), known.kv_cache_bytes());
  EXPECT_EQ(half.working_bytes(), known.working_bytes());
  EXPECT_GT(half.longest_context, known.longest_context);
}

}  // namespace
}  // namespace etna
