#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/tokenizer.h"

namespace etna {

/// A vocabulary as GGUF files carry it: plain lists, and names for what tokenizer.json spells out.
struct TokenTable {
  enum class Kind { byte_level_bpe, sentencepiece_bpe, unigram, wordpiece };  ///< "gpt2", "llama", "t5", "bert"

  /// Values of `types`.
  enum Type : std::int64_t { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };

  Kind kind = Kind::byte_level_bpe;
  std::vector<std::string_view> tokens;   ///< by id
  std::vector<double> scores;             ///< empty, or one per token; for sentencepiece_bpe and unigram
  std::vector<std::int64_t> types;        ///< empty: all normal; or one per token
  std::vector<std::string_view> merges;   ///< "left right"; for byte_level_bpe
  std::string pre_tokenizer = "default";  ///< name of the splitting rules; for byte_level_bpe
  std::string charsmap;                   ///< precompiled normalization, raw; for unigram; empty: none
  std::optional<std::int32_t> bos, eos;   ///< for wordpiece: [CLS] and [SEP]
  std::optional<std::int32_t> unknown_token;
  std::optional<bool> add_bos, add_eos;   ///< none: what the kind does
  bool add_space_prefix = true;           ///< for sentencepiece_bpe and unigram
  bool remove_extra_whitespaces = false;  ///< for unigram
};

/// Throws corrupt or unsupported, naming `where` and the list or name at fault.
TokenizerParts parts_of(const TokenTable& table, std::string_view where);

}  // namespace etna
