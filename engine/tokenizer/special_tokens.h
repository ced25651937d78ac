#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/byte_trie.h"
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
  std::vector<AddedToken> tokens_;
  ByteTrie texts_;  // value: index of the token
};

}  // namespace etna
