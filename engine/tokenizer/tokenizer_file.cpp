#include "engine/tokenizer/tokenizer_file.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "engine/base/files.h"
#include "engine/base/json.h"
#include "engine/tokenizer/bpe.h"
#include "engine/tokenizer/json_fields.h"
#include "engine/tokenizer/long_lists.h"
#include "engine/tokenizer/sentencepiece.h"
#include "engine/tokenizer/unigram.h"
#include "engine/tokenizer/wordlevel.h"
#include "engine/tokenizer/wordpiece.h"

namespace etna {

namespace {

namespace fields = json_fields;
namespace fs = std::filesystem;

/// What the kinds of models are made from.
struct ModelFile {
  const nlohmann::json& section;  ///< without the long lists
  const LongLists& lists;
  std::shared_ptr<const Vocabulary> vocabulary;
  const std::vector<double>& scores;  ///< of a Unigram model
  std::string_view where;
};

std::shared_ptr<const TokenModel> parse_bpe(const ModelFile& file) {
  const auto& [model, lists, vocabulary, scores, where] = file;
  if (const auto* dropout = fields::find(model, "dropout", where); dropout != nullptr && *dropout != 0) {
    fail(Errc::unsupported, "{}: dropout {} makes tokens random", where, dropout->dump());
  }
  BpeOptions options{
      .unknown_token = fields::string_or(model, "unk_token", "", where),
      .continuing_subword_prefix = fields::string_or(model, "continuing_subword_prefix", "", where),
      .end_of_word_suffix = fields::string_or(model, "end_of_word_suffix", "", where),
      .unknown = fields::boolean(model, "fuse_unk", false, where) ? Unknown::fused : Unknown::each,
      .byte_fallback = fields::boolean(model, "byte_fallback", false, where) ? ByteFallback::yes : ByteFallback::no,
      .merging = fields::boolean(model, "ignore_merges", false, where) ? Merging::whole_words_first : Merging::by_rank};
  const auto joins = read_merges(lists, *vocabulary, options.continuing_subword_prefix, where);
  return Bpe::from_joins(vocabulary, joins, std::move(options), where);
}

std::shared_ptr<const TokenModel> parse_wordpiece(const ModelFile& file) {
  const auto& [model, lists, vocabulary, scores, where] = file;
  return std::make_shared<WordPiece>(vocabulary, fields::string_or(model, "unk_token", "[UNK]", where),
                                     fields::string_or(model, "continuing_subword_prefix", "##", where),
                                     fields::natural(model, "max_input_chars_per_word", 100, where), where);
}

std::shared_ptr<const TokenModel> parse_wordlevel(const ModelFile& file) {
  return std::make_shared<WordLevel>(file.vocabulary,
                                     fields::string_or(file.section, "unk_token", "<unk>", file.where));
}

/// A score as the reference library reads it: the digits as one rounded number, divided by a power of ten, which can be
/// one unit off the nearest double. Cuts of equal score (runs of hyphens) are told apart by nothing but that unit.
double reference_score(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, std::fabs(value), std::chars_format::scientific).ptr;
  std::uint64_t digits = 0;  // at most 17
  int exponent = 0;
  const char* at = text;
  for (bool fraction = false; at != end && *at != 'e'; ++at) {
    if (*at == '.') {
      fraction = true;
    } else {
      digits = digits * 10 + static_cast<std::uint64_t>(*at - '0');
      exponent -= fraction ? 1 : 0;
    }
  }
  if (at != end) exponent += std::atoi(std::string(at + 1, static_cast<const char*>(end)).c_str());
  const double power = std::pow(10.0, std::abs(exponent));
  const double size = exponent < 0 ? static_cast<double>(digits) / power : static_cast<double>(digits) * power;
  return value < 0 ? -size : size;
}

std::shared_ptr<const TokenModel> parse_unigram(const ModelFile& file) {
  const auto& [model, lists, vocabulary, written, where] = file;
  if (written.size() != lists.vocabulary->strings) fail(Errc::corrupt, "{}: vocab has tokens without a score", where);
  std::vector<double> scores;
  scores.reserve(written.size());
  for (const double score : written) scores.push_back(reference_score(score));
  const auto bytes = fields::boolean(model, "byte_fallback", false, where) ? ByteFallback::yes : ByteFallback::no;
  return std::make_shared<Unigram>(vocabulary, scores, fields::natural(model, "unk_id", -1, where), bytes, where);
}

/// Old files do not name the kind.
std::string model_kind(const nlohmann::json& model, std::string_view where) {
  if (fields::find(model, "type", where) != nullptr) return fields::string(model, "type", where);
  if (model.contains("merges")) return "BPE";
  if (model.contains("unk_id")) return "Unigram";
  if (model.contains("continuing_subword_prefix")) return "WordPiece";
  fail(Errc::corrupt, "{}: type is missing", where);
}

void parse_model(const nlohmann::json& model, const LongLists& lists, TokenizerParts& parts, const std::string& where) {
  const auto kind = model_kind(model, where);
  using Parse = std::shared_ptr<const TokenModel> (*)(const ModelFile&);
  const Parse parse = kind == "BPE"         ? parse_bpe
                      : kind == "WordPiece" ? parse_wordpiece
                      : kind == "Unigram"   ? parse_unigram
                      : kind == "WordLevel" ? parse_wordlevel
                                            : Parse{};
  if (parse == nullptr) fail(Errc::unsupported, "{}: Etna does not know the kind {:?}", where, kind);
  std::vector<double> scores;
  parts.vocabulary = read_vocabulary(lists, parts.added_tokens.size(), scores, where);
  parts.model = parse({model, lists, parts.vocabulary, scores, where});
}

/// The file without its long lists. What is wrong with it is told by line and column of the whole file.
nlohmann::json parse_rest(const LongLists& lists, std::string_view where) {
  try {
    return parse_json(lists.rest, where);
  } catch (const Error&) {
    parse_json(lists.text, where);
    throw;
  }
}

std::vector<AddedToken> parse_added_tokens(const nlohmann::json& list, std::string_view where) {
  if (!list.is_null() && !list.is_array()) fail(Errc::corrupt, "{}: not a list", where);
  std::vector<AddedToken> tokens;
  for (const auto& item : list) {
    tokens.push_back(parse_added_token(item, where));
    auto& token = tokens.back();
    token.id = fields::natural(item, "id", -1, where);
    if (token.id < 0) fail(Errc::corrupt, "{}: {:?} has no id", where, token.content);
  }
  return tokens;
}

/// A model's folder whose tokenizer is a SentencePiece model alone. The control tokens are then found in texts, as
/// rendered chats have them.
std::shared_ptr<const Tokenizer> load_sentencepiece(const fs::path& folder) {
  const auto file = folder / "tokenizer.model";
  auto read = parse_sentencepiece(read_text_file(file), file.string(), ControlTokens::spelled);
  auto& parts = read.parts;
  for (const auto id : parts.control_ids) {
    parts.added_tokens.push_back({.content = std::string(parts.vocabulary->token(id)), .id = id, .special = true});
  }
  const auto put = [&](const char* name, std::vector<std::int32_t>& side) {
    const auto token = read.settings.special_tokens.find(name);
    if (token != read.settings.special_tokens.end()) side = {*parts.vocabulary->id(token->second)};
  };
  // What the classes of these models do when tokenizer_config.json says nothing: Llama's BOS, T5's EOS.
  if (read.is_bpe) {
    put("bos_token", parts.post_processor.before);
  } else {
    put("eos_token", parts.post_processor.after);
  }
  read_added_tokens(folder, parts);
  auto settings = read_tokenizer_settings(folder, parts);
  settings.special_tokens.merge(read.settings.special_tokens);
  return std::make_shared<Tokenizer>(std::move(parts), std::move(settings));
}

}  // namespace

AddedToken parse_added_token(const nlohmann::json& item, std::string_view where) {
  AddedToken token{.content = fields::string(item, "content", where),
                   .special = fields::boolean(item, "special", false, where),
                   .single_word = fields::boolean(item, "single_word", false, where),
                   .lstrip = fields::boolean(item, "lstrip", false, where),
                   .rstrip = fields::boolean(item, "rstrip", false, where)};
  token.normalized = fields::boolean(item, "normalized", !token.special, where);
  return token;
}

TokenizerParts parse_tokenizer_json(std::string_view text, std::string_view where) {
  const LongLists lists = find_long_lists(text, where);
  const auto json = parse_rest(lists, where);
  if (!json.is_object()) fail(Errc::corrupt, "{}: not an object", where);
  const auto section = [&json](const char* name) { return json.value(name, nlohmann::json()); };
  const auto place = [&where](const char* name) { return fmt::format("{}: {}", where, name); };
  TokenizerParts parts;
  parts.where = where;
  parts.added_tokens = parse_added_tokens(section("added_tokens"), place("added_tokens"));
  parse_model(fields::require(json, "model", where), lists, parts, place("model"));
  parts.normalizer = parse_normalizer(section("normalizer"), place("normalizer"));
  parts.pre_tokenizer = parse_pre_tokenizer(section("pre_tokenizer"), place("pre_tokenizer"));
  parts.post_processor = parse_post_processor(section("post_processor"), place("post_processor"));
  parts.decoder = Decoder::parse(section("decoder"), place("decoder"));
  return parts;
}

std::shared_ptr<const Tokenizer> Tokenizer::parse(std::string_view json, std::string_view where) {
  return std::make_shared<Tokenizer>(parse_tokenizer_json(json, where));
}

std::shared_ptr<const Tokenizer> Tokenizer::load(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) {
    if (path.extension() != ".model") return parse(read_text_file(path), path.string());
    auto read = parse_sentencepiece(read_text_file(path), path.string(), ControlTokens::hidden);
    return std::make_shared<Tokenizer>(std::move(read.parts), std::move(read.settings));
  }
  const auto file = path / "tokenizer.json";
  if (!fs::exists(file, ignored) && fs::exists(path / "tokenizer.model", ignored)) return load_sentencepiece(path);
  auto parts = parse_tokenizer_json(read_text_file(file), file.string());
  auto settings = read_tokenizer_settings(path, parts);
  return std::make_shared<Tokenizer>(std::move(parts), std::move(settings));
}

}  // namespace etna
