#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace etna {

struct TextRange {
  std::size_t begin, end;
};

/// Finds the matches of the expressions that cut texts before merging, much faster than a regular expression library:
/// it knows only what they are made of, and looks at each character through a table of the sets it belongs to.
///
/// Known are alternatives in order; sets of characters, ranges and \p{L N M P S Lu Ll Lt Lm Lo}, negated or not; \s and
/// \S; greedy ? * + {m,n}; (?:…) and, for ASCII letters, (?i:…), which ? may follow; (?!…) of one set. Matches are
/// those of Regex, which see for the dialect.
class SplitScanner {
public:
  /// Nothing when the expression uses anything else, can match nothing, or is no expression at all.
  static std::optional<SplitScanner> compile(std::string_view pattern);

  /// Appends all matches from left to right, not overlapping. `text` is valid UTF-8.
  /// False when the search takes many more steps than the text has bytes.
  bool find_all(std::string_view text, std::vector<TextRange>& matches) const;

  /// A set of characters before it has become a bit.
  struct Set {
    std::uint32_t categories = 0;  // bits by general category
    std::vector<std::pair<char32_t, char32_t>> ranges;
    bool negated = false;

    bool operator==(const Set&) const = default;
  };

private:
  class Compiler;
  class Search;
  using Mask = std::uint64_t;  // a bit for each set of the expression

  /// A step of the expression. `next` follows it; the last one of all is a step that accepts.
  struct Node {
    enum class Kind { accept, set, branches, not_followed_by } kind = Kind::accept;
    Mask set = 0;
    std::uint32_t least = 1, most = 1;         // characters of the set
    std::vector<std::uint32_t> branches = {};  // first steps, in order of preference
    std::uint32_t next = 0;
    Mask first = 0;      // sets that the text has to begin with, one of them
    bool empty = false;  // the text may begin with anything
  };

  struct Boundary {
    char32_t begin;  // up to the next boundary's
    Mask mask;
  };

  SplitScanner() = default;

  Mask mask_beyond_ascii(char32_t c) const;
  void build_tables(const std::vector<Set>& sets);

  std::vector<Node> nodes_;
  std::uint32_t start_ = 0;
  std::array<Mask, 128> ascii_{};
  std::array<Mask, 32> categories_{};
  std::vector<Boundary> ranges_;  // sets by the ranges that they list
  Mask negated_ = 0;
};

}  // namespace etna
