#include "engine/generation/stream_decoder.h"

namespace etna {

StreamDecoder::StreamDecoder(std::shared_ptr<const Tokenizer> tokenizer, SkipSpecialTokens skip)
    : tokenizer_(std::move(tokenizer)), skip_(skip), decoder_(tokenizer_->decoder(), Patience::stream) {}

std::string StreamDecoder::push(std::int32_t id, SkipSpecialTokens skip) {
  if (!tokenizer_->contains(id) || (skip == SkipSpecialTokens::yes && tokenizer_->is_special(id))) return {};
  return decoder_.push(tokenizer_->token(id));
}

std::string StreamDecoder::finish() {
  return decoder_.finish();
}

}  // namespace etna
