#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace etna::hub {

/// The hub counts requests in three buckets, over fixed windows of five minutes (hub.md §1.8).
enum class RateBucket { api, resolvers, pages };

/// The bucket of a path of the endpoint: anything with /resolve/ or /resolve-cache/, /api/…, the rest.
RateBucket bucket_of(std::string_view path);

/// RateLimit: "api";r=999;t=167
struct RateLimit {
  std::string bucket;
  std::uint64_t remaining = 0;
  std::chrono::seconds reset{0};
};

/// None unless it has a remaining count and a time; times over an hour are cut to one.
std::optional<RateLimit> parse_rate_limit(std::string_view text);

/// Retry-After: seconds, or an HTTP date relative to `now_unix`. At least 0, at most an hour; none if it is neither.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, std::int64_t now_unix);

/// Delays between tries: 1, 2, 4 … 60 s, each times 0.75 to 1.25 so that many clients do not come back at once.
/// `attempt` counts from 0; `random` is in [0, 1). Never more than 60 s.
std::chrono::milliseconds backoff_delay(int attempt, double random);

/// Counts tries for one job. Progress (a MiB arrived, say) starts it over.
class Backoff {
public:
  /// The same seed gives the same delays.
  explicit Backoff(std::uint64_t seed) : state_(seed) {}

  std::chrono::milliseconds next();
  void reset() { attempt_ = 0; }

  /// Tries since the last reset.
  int attempts() const { return attempt_; }

private:
  std::uint64_t state_;
  int attempt_ = 0;
};

}  // namespace etna::hub
