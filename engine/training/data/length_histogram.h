#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace etna::training {

/// How many tokens rows have. Exact up to 65,536 tokens; at most as many numbers in memory.
class LengthHistogram {
public:
  void add(std::int64_t tokens);

  std::uint64_t rows() const { return rows_; }

  std::uint64_t tokens() const { return tokens_; }

  std::int64_t longest() const { return longest_; }

  /// Rows of more tokens than that.
  std::uint64_t longer_than(std::int64_t tokens) const;

  /// The least length that this share of the rows does not exceed; 0 where there are no rows.
  std::int64_t quantile(double share) const;

  struct Bar {
    std::int64_t first = 0;  ///< tokens
    std::int64_t last = 0;
    std::uint64_t rows = 0;
    friend bool operator==(const Bar&, const Bar&) = default;
  };

  /// At most so many bars of one width, which is a round number, from 0 to the longest.
  std::vector<Bar> bars(int most) const;

private:
  std::map<std::int64_t, std::uint64_t> counts_;
  std::uint64_t rows_ = 0, tokens_ = 0;
  std::int64_t longest_ = 0;
};

}  // namespace etna::training
