#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/tokenizer/regex.h"

namespace etna {

/// An entry of "added_tokens": a text that is one token wherever it stands.
struct AddedToken {
  std::string content;
  std::int32_t id = 0;
  bool special = false;      ///< left out when special tokens are skipped
  bool normalized = false;   ///< looked for in the normalized text rather than in the text as given
  bool single_word = false;  ///< only where no word character touches it
  bool lstrip = false;       ///< swallows the white space before it
  bool rstrip = false;       ///< swallows the white space behind it
};

/// A stretch of text: a token that was found (id), or text between such tokens (id -1).
struct Segment {
  TextRange range;
  std::int32_t id;
};

/// Finds added tokens in a text: leftmost first, of several at one place the longest.
class SpecialTokens {
public:
  /// Looks for `token` in the form `text` (its content, normalized if need be). An empty text is never found.
  void add(std::string_view text, const AddedToken& token);

  /// Covers the text with segments; those of text are not empty.
  std::vector<Segment> split(std::string_view text) const;

private:
  /// Length and token of the longest entry at `at`; nullptr when there is none.
  const AddedToken* longest(std::string_view text, std::size_t at, std::size_t& size) const;

  std::vector<AddedToken> tokens_;
  std::vector<std::int32_t> ends_{-1};  // by trie node: index of the token that ends there, -1: none
  std::unordered_map<std::uint64_t, std::uint32_t> edges_;  // node · 256 + byte → node
  std::vector<bool> starts_ = std::vector<bool>(256);
};

}  // namespace etna
