#include "engine/base/error.h"
#include "engine/base/utf8.h"
#include "engine/tokenizer/sentencepiece.h"
#include "tests/fuzz/fuzz.h"

/// A SentencePiece model is refused with an Error or gives a tokenizer that works on any text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace etna;
  try {
    auto read = parse_sentencepiece(fuzz::as_text(data, size), "tokenizer.model", ControlTokens::hidden);
    const Tokenizer tokenizer(std::move(read.parts), std::move(read.settings));
    const auto ids = tokenizer.encode("Hello  w\u00f6rld, <s>123\n\xff \u4f60\u597d!", AddSpecialTokens::yes);
    fuzz::require(utf8::is_valid(tokenizer.decode(ids, SkipSpecialTokens::no)), "decoded text is valid UTF-8");
  } catch (const Error&) {
    // refused, as broken files must be
  }
  return 0;
}
