#include "engine/training/data/length_histogram.h"

#include <algorithm>

namespace etna::training {

namespace {

constexpr std::int64_t most_exact = 65'536;

/// 1, 2, 5, 10, 20, 50, …, at least `width`.
std::int64_t round_up(std::int64_t width) {
  for (std::int64_t step = 1;; step *= 10) {
    for (const std::int64_t factor : {1, 2, 5}) {
      if (step * factor >= width) return step * factor;
    }
  }
}

}  // namespace

void LengthHistogram::add(std::int64_t tokens) {
  ++counts_[std::min(tokens, most_exact + 1)];
  ++rows_;
  tokens_ += static_cast<std::uint64_t>(tokens);
  longest_ = std::max(longest_, tokens);
}

std::uint64_t LengthHistogram::longer_than(std::int64_t tokens) const {
  std::uint64_t rows = 0;
  for (auto at = counts_.upper_bound(std::min(tokens, most_exact)); at != counts_.end(); ++at) rows += at->second;
  return tokens >= longest_ ? 0 : rows;
}

std::int64_t LengthHistogram::quantile(double share) const {
  std::uint64_t seen = 0;
  for (const auto& [tokens, rows] : counts_) {
    seen += rows;
    if (static_cast<double>(seen) >= share * static_cast<double>(rows_)) return tokens > most_exact ? longest_ : tokens;
  }
  return longest_;
}

std::vector<LengthHistogram::Bar> LengthHistogram::bars(int most) const {
  if (rows_ == 0 || most < 1) return {};
  const std::int64_t width = round_up(longest_ / most + 1);
  std::vector<Bar> bars(static_cast<std::size_t>(longest_ / width + 1));
  for (std::size_t i = 0; i < bars.size(); ++i) {
    bars[i].first = static_cast<std::int64_t>(i) * width;
    bars[i].last = bars[i].first + width - 1;
  }
  for (const auto& [tokens, rows] : counts_) {
    // Of those beyond what is counted exactly only the longest is known.
    const std::int64_t length = tokens > most_exact ? longest_ : tokens;
    bars[static_cast<std::size_t>(length / width)].rows += rows;
  }
  return bars;
}

}  // namespace etna::training
