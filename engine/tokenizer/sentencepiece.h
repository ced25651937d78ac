#pragma once

#include <string_view>

#include "engine/tokenizer/tokenizer.h"

namespace etna {

/// How control tokens (<s>, </s>) decode. hidden: to nothing, as SentencePiece does. spelled: to their text, for a
/// model's folder, where the caller chooses whether special tokens are shown.
enum class ControlTokens { hidden, spelled };

/// The parts and settings of a SentencePiece model file (`bytes`, a serialized ModelProto). Encoding is the library's
/// own; decoding gives the library's text, piece by piece. Nothing is put around a text and no added tokens are known.
/// Throws corrupt or unsupported, naming `where`.
struct SentencePieceTokenizer {
  TokenizerParts parts;
  TokenizerSettings settings;  ///< bos_token, eos_token, unk_token, pad_token as far as the model has them
  bool is_bpe;                 ///< Llama's kind; otherwise T5's
};

SentencePieceTokenizer parse_sentencepiece(std::string_view bytes, std::string_view where, ControlTokens control);

}  // namespace etna
