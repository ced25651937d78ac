#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/tokenizer/byte_trie.h"
#include "engine/tokenizer/vocabulary.h"

namespace etna {

/// The cut of a piece whose tokens have the greatest sum of scores (Viterbi). A character that no token covers alone is
/// unknown, at 10 below the lowest score; neighbouring unknown ones are one token. Source: arXiv:1804.10959.
class Unigram final : public TokenModel {
public:
  /// `scores` by id; `unknown` is the id of the unknown token, -1: unknown text is dropped.
  /// Throws corrupt naming `where` when `unknown` is beyond the scores or a score is not finite.
  Unigram(std::shared_ptr<const Vocabulary> vocabulary, const std::vector<double>& scores, std::int32_t unknown,
          ByteFallback byte_fallback, std::string_view where);

  void encode(std::string_view piece, std::vector<std::int32_t>& out) const override;

private:
  void append_unknown(std::string_view text, std::vector<std::int32_t>& out) const;

  std::shared_ptr<const Vocabulary> vocabulary_;
  std::vector<double> scores_;
  std::int32_t unknown_;
  ByteFallback byte_fallback_;
  double unknown_score_ = 0.0;
  ByteTrie tokens_;
};

}  // namespace etna
