#include "hub/rate_limit.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace etna::hub {

namespace {

constexpr std::chrono::seconds longest_wait{3600};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// A number too large for the type is the largest one.
std::optional<std::uint64_t> number(std::string_view text) {
  if (text.empty() || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  std::uint64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc{} ? value : UINT64_MAX;
}

std::chrono::seconds bounded(std::uint64_t seconds) {
  return std::chrono::seconds(std::min<std::uint64_t>(seconds, longest_wait.count()));
}

}  // namespace

RateBucket bucket_of(std::string_view path) {
  if (path.find("/resolve/") != path.npos || path.find("/resolve-cache/") != path.npos) return RateBucket::resolvers;
  return path.starts_with("/api/") ? RateBucket::api : RateBucket::pages;
}

std::optional<RateLimit> parse_rate_limit(std::string_view text) {
  RateLimit limit;
  bool has_remaining = false;
  bool has_reset = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(';'), text.size());
    const std::string_view part = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (part.size() >= 2 && part.front() == '"' && part.back() == '"') {
      limit.bucket = part.substr(1, std::min<std::size_t>(part.size() - 2, 64));
    } else if (part.starts_with("r=")) {
      const auto value = number(part.substr(2));
      has_remaining = value.has_value();
      limit.remaining = value.value_or(0);
    } else if (part.starts_with("t=")) {
      const auto value = number(part.substr(2));
      has_reset = value.has_value();
      limit.reset = bounded(value.value_or(0));
    }
  }
  if (!has_remaining || !has_reset) return std::nullopt;
  return limit;
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, std::int64_t now_unix) {
  text = trimmed(text);
  if (const auto seconds = number(text)) return bounded(*seconds);
  if (text.empty() || text.size() > 64) return std::nullopt;
  const std::int64_t date = curl_getdate(std::string(text).c_str(), nullptr);
  if (date < 0) return std::nullopt;
  return bounded(date > now_unix ? static_cast<std::uint64_t>(date - now_unix) : 0);
}

std::chrono::milliseconds backoff_delay(int attempt, double random) {
  const double seconds = std::ldexp(1.0, std::clamp(attempt, 0, 6)) * (0.75 + 0.5 * random);
  return std::chrono::milliseconds(static_cast<std::int64_t>(1000 * std::min(seconds, 60.0)));
}

std::chrono::milliseconds Backoff::next() {
  // splitmix64: good enough to spread clients out, and the same everywhere.
  state_ += 0x9E3779B97F4A7C15u;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
  mixed ^= mixed >> 31;
  const double random = static_cast<double>(mixed >> 11) * 0x1p-53;
  return backoff_delay(attempt_++, random);
}

}  // namespace etna::hub
