#pragma once

#include <string>
#include <string_view>

namespace etna {

/// What Etna itself needs to know of a SentencePiece model; the rest is the library's business.
struct SentencePieceFacts {
  enum class Kind { unigram = 1, bpe = 2, word = 3, character = 4 } kind = Kind::unigram;
  std::size_t pieces = 0;
  bool add_dummy_prefix = true;
  bool remove_extra_whitespaces = true;
  std::string unknown_surface = " \xE2\x81\x87 ";  ///< what an unknown token looks like
};

/// Checks a serialized ModelProto (protocol buffers, sentencepiece_model.proto) before the library sees it: the library
/// follows the offsets of the normalization table unchecked. Throws corrupt or unsupported, naming `where` and field.
SentencePieceFacts check_sentencepiece_file(std::string_view bytes, std::string_view where);

}  // namespace etna
