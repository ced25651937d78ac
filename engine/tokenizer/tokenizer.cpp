#include "engine/tokenizer/tokenizer.h"

#include "engine/base/error.h"
#include "engine/base/utf8.h"

namespace etna {

Tokenizer::Tokenizer(TokenizerParts parts, TokenizerSettings settings)
    : parts_(std::move(parts)), settings_(std::move(settings)) {
  for (const auto& token : parts_.added_tokens) {
    parts_.vocabulary->add(token.content, token.id, parts_.where);
    if (token.special) special_ids_.insert(token.id);
    if (!token.normalized) {
      in_text_.add(token.content, token);
    } else {
      in_normalized_.add(parts_.normalizer ? parts_.normalizer->apply(token.content) : token.content, token);
    }
  }
  special_ids_.insert(parts_.control_ids.begin(), parts_.control_ids.end());
  for (const auto* side : {&parts_.post_processor.before, &parts_.post_processor.after}) {
    for (const auto id : *side) {
      if (id >= vocab_size()) {
        fail(Errc::corrupt, "{}: post_processor: id {} is beyond the vocabulary of {}", parts_.where, id, vocab_size());
      }
    }
  }
}

std::vector<std::int32_t> Tokenizer::encode(std::string_view text, AddSpecialTokens add) const {
  std::string valid;
  if (!utf8::is_valid(text)) {
    valid = utf8::make_valid(text);
    text = valid;
  }
  std::vector<std::int32_t> ids;
  const auto& around = parts_.post_processor;
  if (add == AddSpecialTokens::yes) ids = around.before;
  for (const Segment& segment : in_text_.split(text)) {
    if (segment.id >= 0) {
      ids.push_back(segment.id);
    } else {
      const auto& [begin, end] = segment.range;
      encode_text(text.substr(begin, end - begin), begin == 0 ? Pieces::Start::begin_of_text : Pieces::Start::inside,
                  ids);
    }
  }
  if (add == AddSpecialTokens::yes) ids.insert(ids.end(), around.after.begin(), around.after.end());
  return ids;
}

void Tokenizer::encode_text(std::string_view text, Pieces::Start start, std::vector<std::int32_t>& out) const {
  std::string normalized(text);
  if (parts_.normalizer) normalized = parts_.normalizer->apply(std::move(normalized));
  for (const Segment& segment : in_normalized_.split(normalized)) {
    if (segment.id >= 0) {
      out.push_back(segment.id);
      continue;
    }
    const auto& [begin, end] = segment.range;
    Pieces pieces(normalized.substr(begin, end - begin), begin == 0 ? start : Pieces::Start::inside);
    if (parts_.pre_tokenizer) parts_.pre_tokenizer->apply(pieces);
    for (std::size_t i = 0; i < pieces.size(); ++i) parts_.model->encode(pieces[i], out);
  }
}

std::string Tokenizer::decode(std::span<const std::int32_t> ids, SkipSpecialTokens skip) const {
  TextDecoder decoder(parts_.decoder, Patience::whole);
  std::string text;
  for (const auto id : ids) {
    if (id < 0 || id >= vocab_size()) {
      fail(Errc::invalid_argument, "token id {} is outside the vocabulary of {}", id, vocab_size());
    }
    if (!parts_.vocabulary->contains(id) || (skip == SkipSpecialTokens::yes && is_special(id))) continue;
    text += decoder.push(token(id));
  }
  return text += decoder.finish();
}

std::string_view Tokenizer::token(std::int32_t id) const {
  return parts_.vocabulary->contains(id) ? parts_.vocabulary->token(id) : std::string_view();
}

std::optional<std::int32_t> Tokenizer::special_token_id(const std::string& name) const {
  const auto found = settings_.special_tokens.find(name);
  if (found == settings_.special_tokens.end()) return std::nullopt;
  return token_to_id(found->second);
}

}  // namespace etna
