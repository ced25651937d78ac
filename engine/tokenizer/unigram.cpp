#include "engine/tokenizer/unigram.h"

#include <algorithm>
#include <cmath>

#include "engine/base/error.h"
#include "engine/base/utf8.h"

namespace etna {

namespace {

/// The best way to a place in the piece: its score, and the token that ends there.
struct Best {
  double score = 0.0;
  std::size_t start = std::string_view::npos;  // npos: no way is known yet
  std::int32_t id = -1;
};

}  // namespace

Unigram::Unigram(std::shared_ptr<const Vocabulary> vocabulary, const std::vector<double>& scores, std::int32_t unknown,
                 ByteFallback byte_fallback, std::string_view where)
    : vocabulary_(std::move(vocabulary)), scores_(scores), unknown_(unknown), byte_fallback_(byte_fallback) {
  if (unknown_ >= static_cast<std::int32_t>(scores_.size())) {
    fail(Errc::corrupt, "{}: unk_id {} is beyond the {} tokens", where, unknown_, scores_.size());
  }
  for (std::size_t id = 0; id < scores_.size(); ++id) {
    if (!std::isfinite(scores_[id])) fail(Errc::corrupt, "{}: vocab: the score of token {} is not finite", where, id);
    const auto token = static_cast<std::int32_t>(id);
    if (vocabulary_->contains(token)) tokens_.insert(vocabulary_->token(token), token);
  }
  unknown_score_ = (scores_.empty() ? 0.0 : *std::min_element(scores_.begin(), scores_.end())) - 10.0;
}

void Unigram::encode(std::string_view piece, std::vector<std::int32_t>& out) const {
  std::vector<Best> best(piece.size() + 1);
  const auto offer = [&best](std::size_t start, std::size_t end, double score, std::int32_t id) {
    const double total = best[start].score + score;
    if (best[end].start == std::string_view::npos || total > best[end].score) best[end] = {total, start, id};
  };
  for (std::size_t start = 0; start < piece.size();) {
    const std::size_t character = utf8::decode(piece, start).size;
    bool alone = false;  // whether a token is this character
    tokens_.prefixes(piece.substr(start), [&](std::size_t size, std::int32_t id) {
      offer(start, start + size, scores_[id], id);
      alone = alone || size == character;
    });
    if (!alone) offer(start, start + character, unknown_score_, -1);
    start += character;
  }

  std::vector<const Best*> path;
  for (std::size_t end = piece.size(); end > 0; end = best[end].start) path.push_back(&best[end]);
  std::reverse(path.begin(), path.end());
  for (std::size_t i = 0; i < path.size();) {
    if (path[i]->id >= 0 && path[i]->id != unknown_) {
      out.push_back(path[i++]->id);
      continue;
    }
    const std::size_t start = path[i]->start;
    while (i < path.size() && (path[i]->id < 0 || path[i]->id == unknown_)) ++i;
    const std::size_t end = i < path.size() ? path[i]->start : piece.size();
    append_unknown(piece.substr(start, end - start), out);
  }
}

void Unigram::append_unknown(std::string_view text, std::vector<std::int32_t>& out) const {
  if (byte_fallback_ == ByteFallback::yes) {
    std::vector<std::int32_t> ids;
    for (const char byte : text) {
      if (const auto id = vocabulary_->id(fmt::format("<0x{:02X}>", static_cast<unsigned char>(byte))))
        ids.push_back(*id);
    }
    if (ids.size() == text.size()) {
      out.insert(out.end(), ids.begin(), ids.end());
      return;
    }
  }
  if (unknown_ >= 0) out.push_back(unknown_);
}

}  // namespace etna
