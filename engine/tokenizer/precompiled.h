#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace etna {

/// SentencePiece's compiled normalization rules: a table of texts and what they become.
///
/// Format: size in bytes of a double-array trie (uint32, little endian), the trie's units (uint32), then the results,
/// each ended by a zero byte; a leaf's value is the offset of its result. Applied grapheme by grapheme: a short cluster
/// as a whole, otherwise character by character, as Hugging Face's tokenizers do.
class PrecompiledMap {
public:
  /// `base64` is the text of tokenizer.json. Throws corrupt naming `where`.
  PrecompiledMap(std::string_view base64, std::string_view where);

  std::string apply(std::string_view text) const;

private:
  /// The result of the shortest rule that `text` begins with.
  std::optional<std::string_view> find(std::string_view text) const;

  std::vector<std::uint32_t> trie_;
  std::string results_;
};

}  // namespace etna
