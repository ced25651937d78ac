#include "engine/tokenizer/token_table.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/base/utf8.h"
#include "engine/tokenizer/bpe.h"
#include "engine/tokenizer/pre_tokenizer_names.h"
#include "engine/tokenizer/unigram.h"
#include "engine/tokenizer/wordpiece.h"

namespace etna {

namespace {

using Json = nlohmann::json;
constexpr const char* space_mark = "\xE2\x96\x81";

Json replacement(const char* kind, const char* pattern, const char* content) {
  return {{"type", "Replace"}, {"pattern", {{kind, pattern}}}, {"content", content}};
}

Json sequence(const char* list, Json steps) {
  return {{"type", "Sequence"}, {list, std::move(steps)}};
}

std::string base64(std::string_view bytes) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char byte : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(byte);
    for (count += 8; count >= 6; count -= 6) out += digits[(bits >> (count - 6)) & 63];
  }
  if (count > 0) out += digits[(bits << (6 - count)) & 63];
  return out;
}

std::int64_t type_of(const TokenTable& table, std::size_t id) {
  return table.types.empty() ? std::int64_t{TokenTable::normal} : table.types[id];
}

void check_lists(const TokenTable& table, std::string_view where) {
  const std::size_t count = table.tokens.size();
  if (count == 0) fail(Errc::corrupt, "{}: tokenizer.ggml.tokens is empty", where);
  if (!table.types.empty() && table.types.size() != count) {
    fail(Errc::corrupt, "{}: tokenizer.ggml.token_type has {} entries for {} tokens", where, table.types.size(), count);
  }
  const bool scored = table.kind == TokenTable::Kind::sentencepiece_bpe || table.kind == TokenTable::Kind::unigram;
  if (scored && table.scores.size() != count) {
    fail(Errc::corrupt, "{}: tokenizer.ggml.scores has {} entries for {} tokens", where, table.scores.size(), count);
  }
  if (!std::ranges::all_of(table.scores, [](double score) { return std::isfinite(score); })) {
    fail(Errc::corrupt, "{}: tokenizer.ggml.scores holds a score that is not finite", where);
  }
  for (const auto& [name, id] : {std::pair{"bos", table.bos}, {"eos", table.eos}, {"unknown", table.unknown_token}}) {
    if (id && (*id < 0 || static_cast<std::size_t>(*id) >= count)) {
      fail(Errc::corrupt, "{}: tokenizer.ggml.{}_token_id {} is not among {} tokens", where, name, *id, count);
    }
  }
}

/// BERT's words begin with the mark and the other tokens do not; in BERT's own spelling the others begin with ##.
std::string spelling(const TokenTable& table, std::size_t id) {
  const std::string_view token = table.tokens[id];
  if (table.kind != TokenTable::Kind::wordpiece || type_of(table, id) != TokenTable::normal) return std::string(token);
  if (token.starts_with(space_mark)) return std::string(token.substr(3));
  const bool bracketed = token.starts_with('[') && token.ends_with(']') && token.size() > 2;
  return bracketed ? std::string(token) : "##" + std::string(token);
}

/// Whether a token can be made of two others.
bool is_joined(const TokenTable& table, const Vocabulary& vocabulary, std::size_t id) {
  const std::string_view token = table.tokens[id];
  const auto type = type_of(table, id);
  return token.size() > 1 && (type == TokenTable::normal || type == TokenTable::user_defined) &&
         vocabulary.id(token) == static_cast<std::int32_t>(id);
}

/// Looking for all cuts of a token takes time in proportion to the square of its size. The largest vocabularies of
/// models need a thirtieth of what is allowed, which is about a second.
void check_work_of_joins(const TokenTable& table, const Vocabulary& vocabulary, std::string_view where) {
  constexpr std::uint64_t limit = std::uint64_t{1} << 30;  // bytes looked up
  constexpr std::uint64_t lookups = 16;                    // what the two lookups of a cut cost besides, in bytes
  std::uint64_t work = 0;
  for (std::size_t id = 0; id < table.tokens.size(); ++id) {
    if (!is_joined(table, vocabulary, id)) continue;
    const std::uint64_t size = table.tokens[id].size();
    if (size < limit) work += size * (size + lookups);
    if (size >= limit || work > limit) {
      fail(Errc::unsupported, "{}: tokenizer.ggml.tokens: the tokens up to {} are too many and too long to be joined",
           where, id);
    }
  }
}

/// SentencePiece joins neighbours whose text is a piece, the highest score first: all cuts of a piece into two pieces.
std::vector<Bpe::Join> joins_of(const TokenTable& table, const Vocabulary& vocabulary, std::string_view where) {
  check_work_of_joins(table, vocabulary, where);
  std::vector<double> scores = table.scores;
  std::ranges::sort(scores, std::greater<>());
  scores.erase(std::unique(scores.begin(), scores.end()), scores.end());
  std::vector<Bpe::Join> joins;
  for (std::size_t id = 0; id < table.tokens.size(); ++id) {
    if (!is_joined(table, vocabulary, id)) continue;
    const std::string_view token = table.tokens[id];
    const auto rank = std::ranges::lower_bound(scores, table.scores[id], std::greater<>()) - scores.begin();
    for (std::size_t at = utf8::decode(token, 0).size; at < token.size(); at += utf8::decode(token, at).size) {
      const auto left = vocabulary.id(token.substr(0, at));
      const auto right = left ? vocabulary.id(token.substr(at)) : left;
      if (right) joins.push_back({*left, *right, static_cast<std::int32_t>(id), static_cast<std::int32_t>(rank)});
    }
  }
  return joins;
}

void build_byte_level(const TokenTable& table, TokenizerParts& parts, std::string_view where) {
  const auto& rules = pre_tokenizer_rules(table.pre_tokenizer, where);
  std::vector<Bpe::Merge> merges;
  merges.reserve(table.merges.size());
  for (const std::string_view merge : table.merges) {
    const auto space = merge.find(' ', 1);
    if (space == merge.npos) fail(Errc::corrupt, "{}: tokenizer.ggml.merges holds {:?}", where, std::string(merge));
    merges.emplace_back(merge.substr(0, space), merge.substr(space + 1));
  }
  const auto merging = rules.whole_words_first ? Merging::whole_words_first : Merging::by_rank;
  parts.model = std::make_shared<Bpe>(parts.vocabulary, merges, BpeOptions{.merging = merging}, where);
  Json steps = Json::array();
  for (const auto& pattern : rules.patterns) {
    steps.push_back({{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}});
  }
  const Json level = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}};
  steps.push_back(level);
  parts.pre_tokenizer = parse_pre_tokenizer(sequence("pretokenizers", steps), where);
  parts.decoder = Decoder::parse(level, where);
}

void build_sentencepiece(const TokenTable& table, TokenizerParts& parts, std::string_view where) {
  BpeOptions options{.unknown = Unknown::each, .byte_fallback = ByteFallback::yes};
  if (table.unknown_token) options.unknown_token = table.tokens[static_cast<std::size_t>(*table.unknown_token)];
  parts.model = Bpe::from_joins(parts.vocabulary, joins_of(table, *parts.vocabulary, where), std::move(options), where);
  Json normalizers = Json::array(), decoders = Json::array();
  if (table.add_space_prefix) normalizers.push_back({{"type", "Prepend"}, {"prepend", space_mark}});
  normalizers.push_back(replacement("String", " ", space_mark));
  parts.normalizer = parse_normalizer(sequence("normalizers", normalizers), where);
  decoders = {replacement("String", space_mark, " "), {{"type", "ByteFallback"}}, {{"type", "Fuse"}}};
  if (table.add_space_prefix) {
    decoders.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
  }
  parts.decoder = Decoder::parse(sequence("decoders", decoders), where);
}

void build_unigram(const TokenTable& table, TokenizerParts& parts, std::string_view where) {
  parts.model = std::make_shared<Unigram>(parts.vocabulary, table.scores, table.unknown_token.value_or(-1),
                                          ByteFallback::no, where);
  Json normalizers = Json::array();
  if (!table.charsmap.empty()) {
    normalizers.push_back({{"type", "Precompiled"}, {"precompiled_charsmap", base64(table.charsmap)}});
  }
  if (table.remove_extra_whitespaces) {
    normalizers.push_back(replacement("Regex", R"(\A +| +\z)", ""));
    normalizers.push_back(replacement("Regex", " {2,}", " "));
  }
  if (table.add_space_prefix) normalizers.push_back({{"type", "Prepend"}, {"prepend", space_mark}});
  normalizers.push_back(replacement("String", " ", space_mark));
  parts.normalizer = parse_normalizer(sequence("normalizers", normalizers), where);
  const char* scheme = table.add_space_prefix ? "always" : "never";
  parts.decoder =
      Decoder::parse({{"type", "Metaspace"}, {"replacement", space_mark}, {"prepend_scheme", scheme}}, where);
}

void build_wordpiece(const TokenTable& table, TokenizerParts& parts, std::string_view where) {
  if (!table.unknown_token) fail(Errc::corrupt, "{}: tokenizer.ggml.unknown_token_id is missing", where);
  constexpr std::size_t longest = 100;  // characters, as BERT has it
  parts.model = std::make_shared<WordPiece>(parts.vocabulary, parts.vocabulary->token(*table.unknown_token), "##",
                                            longest, where);
  parts.normalizer = parse_normalizer({{"type", "BertNormalizer"}, {"lowercase", true}}, where);
  parts.pre_tokenizer = parse_pre_tokenizer({{"type", "BertPreTokenizer"}}, where);
  parts.decoder = Decoder::parse({{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}}, where);
}

void put_around(const TokenTable& table, PostProcessor& around) {
  using Kind = TokenTable::Kind;
  const bool bpe = table.kind == Kind::byte_level_bpe;
  const bool bos = table.kind == Kind::sentencepiece_bpe || table.kind == Kind::wordpiece ||
                   (bpe && has_bos_by_default(table.pre_tokenizer));
  const bool eos = table.kind == Kind::unigram || table.kind == Kind::wordpiece;
  if (table.add_bos.value_or(bos) && table.bos) around.before.push_back(*table.bos);
  if (table.add_eos.value_or(eos) && table.eos) around.after.push_back(*table.eos);
}

}  // namespace

TokenizerParts parts_of(const TokenTable& table, std::string_view where) {
  check_lists(table, where);
  TokenizerParts parts;
  parts.where = where;
  parts.vocabulary = std::make_shared<Vocabulary>();
  parts.vocabulary->reserve(table.tokens.size());
  for (std::size_t id = 0; id < table.tokens.size(); ++id) {
    std::string token = spelling(table, id);
    if (!utf8::is_valid(token)) token = utf8::make_valid(token);
    parts.vocabulary->add(token, static_cast<std::int64_t>(id), where);
    const auto type = type_of(table, id);
    const bool special = type == TokenTable::control || type == TokenTable::unknown;
    if (!token.empty() && (special || type == TokenTable::user_defined)) {
      parts.added_tokens.push_back(
          {.content = std::move(token), .id = static_cast<std::int32_t>(id), .special = special});
    }
  }
  using Build = void (*)(const TokenTable&, TokenizerParts&, std::string_view);
  static constexpr Build builders[] = {build_byte_level, build_sentencepiece, build_unigram, build_wordpiece};
  builders[static_cast<std::size_t>(table.kind)](table, parts, where);
  put_around(table, parts.post_processor);
  return parts;
}

}  // namespace etna
