#include "hub/rate_limit.h"

#include <gtest/gtest.h>

namespace etna::test {

using namespace std::chrono_literals;

TEST(RateLimit, the_hubs_header_is_read) {
  const auto limit = hub::parse_rate_limit("\"resolvers\";r=4991;t=9");
  ASSERT_TRUE(limit);
  EXPECT_EQ(limit->bucket, "resolvers");
  EXPECT_EQ(limit->remaining, 4991u);
  EXPECT_EQ(limit->reset, 9s);
  EXPECT_EQ(hub::parse_rate_limit("\"api\"; r=0; t=999999999999999999999")->reset, 3600s);
  for (const char* bad : {"", "api", "\"api\";r=1", "\"api\";t=1", "\"api\";r=x;t=1", "r=-1;t=2"}) {
    EXPECT_FALSE(hub::parse_rate_limit(bad)) << bad;
  }
}

TEST(RateLimit, retry_after_is_seconds_or_a_date) {
  EXPECT_EQ(hub::parse_retry_after("38", 0), 38s);
  EXPECT_EQ(hub::parse_retry_after("999999", 0), 3600s);
  EXPECT_EQ(hub::parse_retry_after("Sat, 21 Nov 2026 12:00:30 GMT", 1795262400), 30s);
  EXPECT_EQ(hub::parse_retry_after("Sat, 21 Nov 2020 12:00:30 GMT", 1795262400), 0s);
  EXPECT_FALSE(hub::parse_retry_after("soon", 0));
  EXPECT_FALSE(hub::parse_retry_after("", 0));
}

TEST(RateLimit, buckets_follow_the_path) {
  EXPECT_EQ(hub::bucket_of("/api/models"), hub::RateBucket::api);
  EXPECT_EQ(hub::bucket_of("/org/name/resolve/main/x"), hub::RateBucket::resolvers);
  EXPECT_EQ(hub::bucket_of("/api/resolve-cache/models/org/name/x"), hub::RateBucket::resolvers);
  EXPECT_EQ(hub::bucket_of("/org/name/raw/main/x"), hub::RateBucket::pages);
}

TEST(Backoff, doubles_from_one_second_to_a_minute_and_spreads_out) {
  EXPECT_EQ(hub::backoff_delay(0, 0.5), 1s);
  EXPECT_EQ(hub::backoff_delay(1, 0.5), 2s);
  EXPECT_EQ(hub::backoff_delay(2, 0.5), 4s);
  EXPECT_EQ(hub::backoff_delay(5, 0.5), 32s);
  EXPECT_EQ(hub::backoff_delay(3, 0.0), 6s);
  EXPECT_EQ(hub::backoff_delay(6, 0.99), 60s);
  EXPECT_EQ(hub::backoff_delay(1'000'000, 0.5), 60s);
  EXPECT_EQ(hub::backoff_delay(-1, 0.5), 1s);
}

TEST(Backoff, the_same_seed_gives_the_same_delays_and_progress_starts_over) {
  hub::Backoff one(1);
  hub::Backoff other(1);
  for (int i = 0; i < 10; ++i) {
    const auto delay = one.next();
    EXPECT_EQ(delay, other.next());
    EXPECT_GE(delay, hub::backoff_delay(i, 0));
    EXPECT_LE(delay, hub::backoff_delay(i, 1));
  }
  EXPECT_EQ(one.attempts(), 10);
  one.reset();
  EXPECT_LE(one.next(), 1250ms);
}

}  // namespace etna::test
