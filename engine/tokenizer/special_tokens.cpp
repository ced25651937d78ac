#include "engine/tokenizer/special_tokens.h"

#include <algorithm>

#include "engine/base/utf8.h"
#include "engine/tokenizer/unicode.h"

namespace etna {

namespace {

/// Start of the last character of a text that is not empty.
std::size_t last_character(std::string_view text) {
  std::size_t at = text.size() - 1;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

bool word_before(std::string_view text) {
  return !text.empty() && unicode::is_word(utf8::decode(text, last_character(text)).value);
}

bool word_after(std::string_view text) {
  return !text.empty() && unicode::is_word(utf8::decode(text, 0).value);
}

std::size_t without_trailing_space(std::string_view text) {
  while (!text.empty()) {
    const std::size_t at = last_character(text);
    if (!unicode::is_space(utf8::decode(text, at).value)) break;
    text = text.substr(0, at);
  }
  return text.size();
}

std::size_t leading_space(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto point = utf8::decode(text, at);
    if (!unicode::is_space(point.value)) break;
    at += point.size;
  }
  return at;
}

}  // namespace

void SpecialTokens::add(std::string_view text, const AddedToken& token) {
  texts_.insert(text, static_cast<std::int32_t>(tokens_.size()));
  tokens_.push_back(token);
}

std::vector<Segment> SpecialTokens::split(std::string_view text) const {
  std::vector<Segment> segments;
  std::size_t covered = 0;
  for (std::size_t at = 0; at < text.size() && !tokens_.empty();) {
    std::size_t size = 0;
    const AddedToken* token = nullptr;
    texts_.prefixes(text.substr(at), [&](std::size_t found_size, std::int32_t index) {
      size = found_size;
      token = &tokens_[index];
    });
    if (token == nullptr) {
      ++at;
      continue;
    }
    std::size_t begin = at, end = at + size;
    at = end;
    if (token->single_word && (word_before(text.substr(0, begin)) || word_after(text.substr(end)))) continue;
    if (token->lstrip) begin = std::max(covered, without_trailing_space(text.substr(0, begin)));
    if (token->rstrip) end += leading_space(text.substr(end));
    if (begin > covered) segments.push_back({{covered, begin}, -1});
    segments.push_back({{begin, end}, token->id});
    covered = end;
  }
  if (covered < text.size()) segments.push_back({{covered, text.size()}, -1});
  return segments;
}

}  // namespace etna
