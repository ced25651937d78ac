#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/vocabulary.h"

namespace etna {

/// BERT's model: the longest token that starts the piece, then the longest that continues it, and so on. A piece that
/// cannot be covered, or has more than `longest_piece` characters, is one unknown token.
class WordPiece final : public TokenModel {
public:
  /// Throws corrupt naming `where` when the unknown token is not in the vocabulary.
  WordPiece(std::shared_ptr<const Vocabulary> vocabulary, std::string_view unknown_token, std::string continuing_prefix,
            std::size_t longest_piece, std::string_view where);

  void encode(std::string_view piece, std::vector<std::int32_t>& out) const override;

private:
  std::shared_ptr<const Vocabulary> vocabulary_;
  std::int32_t unknown_;
  std::string continuing_prefix_;
  std::size_t longest_piece_;
};

}  // namespace etna
