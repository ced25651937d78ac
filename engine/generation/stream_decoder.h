#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/tokenizer/tokenizer.h"

namespace etna {

/// Text while tokens arrive: never a broken character, never text that a later token takes back. All chunks and
/// finish() joined are what Tokenizer::decode gives for the same ids.
///
/// Exception: in a run of more than Patience::stream characters spelled in single bytes the oldest are shown before the
/// run has ended, although a broken byte at its end would change them, too.
class StreamDecoder {
public:
  StreamDecoder(std::shared_ptr<const Tokenizer> tokenizer, SkipSpecialTokens skip);

  /// The text that became final with this token. Ids that the tokenizer does not know give nothing: models pad their
  /// vocabularies.
  std::string push(std::int32_t id) { return push(id, skip_); }

  /// The same with another rule about special tokens for this one.
  std::string push(std::int32_t id, SkipSpecialTokens skip);

  /// What is left when no more tokens come.
  std::string finish();

private:
  std::shared_ptr<const Tokenizer> tokenizer_;
  SkipSpecialTokens skip_;
  TextDecoder decoder_;
};

}  // namespace etna
