#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/tokenizer/vocabulary.h"

namespace etna {

/// One token per piece: its own, or the unknown one.
class WordLevel final : public TokenModel {
public:
  /// An unknown token that is not in the vocabulary means that pieces without a token are dropped.
  WordLevel(std::shared_ptr<const Vocabulary> vocabulary, std::string_view unknown_token)
      : vocabulary_(std::move(vocabulary)), unknown_(vocabulary_->id(unknown_token)) {}

  void encode(std::string_view piece, std::vector<std::int32_t>& out) const override {
    if (const auto id = vocabulary_->id(piece)) {
      out.push_back(*id);
    } else if (unknown_) {
      out.push_back(*unknown_);
    }
  }

private:
  std::shared_ptr<const Vocabulary> vocabulary_;
  std::optional<std::int32_t> unknown_;
};

}  // namespace etna
