#include "engine/tokenizer/wordpiece.h"

#include "engine/base/error.h"
#include "engine/base/utf8.h"

namespace etna {

WordPiece::WordPiece(std::shared_ptr<const Vocabulary> vocabulary, std::string_view unknown_token,
                     std::string continuing_prefix, std::size_t longest_piece, std::string_view where)
    : vocabulary_(std::move(vocabulary)),
      continuing_prefix_(std::move(continuing_prefix)),
      longest_piece_(longest_piece) {
  const auto id = vocabulary_->id(unknown_token);
  if (!id) fail(Errc::corrupt, "{}: unk_token {:?} is not in the vocabulary", where, std::string(unknown_token));
  unknown_ = *id;
}

void WordPiece::encode(std::string_view piece, std::vector<std::int32_t>& out) const {
  std::vector<std::size_t> starts;  // of characters, and the end
  for (std::size_t at = 0; at < piece.size(); at += utf8::decode(piece, at).size) starts.push_back(at);
  starts.push_back(piece.size());
  if (starts.size() - 1 > longest_piece_) return out.push_back(unknown_);

  const std::size_t first = out.size();
  std::string token;
  for (std::size_t from = 0; from + 1 < starts.size();) {
    std::size_t to = starts.size() - 1;
    for (; to > from; --to) {
      token = from > 0 ? continuing_prefix_ : std::string();
      token += piece.substr(starts[from], starts[to] - starts[from]);
      if (const auto id = vocabulary_->id(token)) {
        out.push_back(*id);
        break;
      }
    }
    if (to == from) {
      out.resize(first);
      return out.push_back(unknown_);
    }
    from = to;
  }
}

}  // namespace etna
