#include "engine/tokenizer/tokenizer_file.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "engine/base/files.h"
#include "engine/base/json.h"
#include "engine/tokenizer/bpe.h"
#include "engine/tokenizer/json_fields.h"
#include "engine/tokenizer/sentencepiece.h"
#include "engine/tokenizer/unigram.h"
#include "engine/tokenizer/wordlevel.h"
#include "engine/tokenizer/wordpiece.h"

namespace etna {

namespace {

namespace fields = json_fields;
namespace fs = std::filesystem;

/// BPE and WordPiece: {token: id}. Unigram: [[token, score], …], the id is the place.
std::shared_ptr<Vocabulary> parse_vocabulary(const nlohmann::json& model, std::size_t added, std::string_view where) {
  const auto& entries = fields::require(model, "vocab", where);
  if (!entries.is_structured()) fail(Errc::corrupt, "{}: vocab is neither an object nor a list", where);
  auto vocabulary = std::make_shared<Vocabulary>();
  vocabulary->reserve(entries.size() + added);
  if (entries.is_object()) {
    for (const auto& [token, id] : entries.items()) {
      if (!id.is_number_integer()) fail(Errc::corrupt, "{}: vocab: the id of {:?} is not an integer", where, token);
      vocabulary->add(token, id.get<std::int64_t>(), where);
    }
    return vocabulary;
  }
  for (std::size_t id = 0; id < entries.size(); ++id) {
    const auto& entry = entries[id];
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number()) {
      fail(Errc::corrupt, "{}: vocab: entry {} is not a token and its score", where, id);
    }
    vocabulary->add(entry[0].get_ref<const std::string&>(), static_cast<std::int64_t>(id), where);
  }
  return vocabulary;
}

/// "left right" or ["left", "right"].
Bpe::Merge parse_merge(const nlohmann::json& merge, std::size_t rank, std::string_view where) {
  if (merge.is_string()) {
    const std::string_view text = merge.get_ref<const std::string&>();
    const auto space = text.find(' ');
    if (space != text.npos && text.find(' ', space + 1) == text.npos) {
      return {text.substr(0, space), text.substr(space + 1)};
    }
  } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
    return {merge[0].get_ref<const std::string&>(), merge[1].get_ref<const std::string&>()};
  }
  fail(Errc::corrupt, "{}: merge {} is not two tokens: {}", where, rank, merge.dump());
}

std::shared_ptr<const TokenModel> parse_bpe(const nlohmann::json& model, std::shared_ptr<const Vocabulary> vocabulary,
                                            std::string_view where) {
  if (const auto* dropout = fields::find(model, "dropout", where); dropout != nullptr && *dropout != 0) {
    fail(Errc::unsupported, "{}: dropout {} makes tokens random", where, dropout->dump());
  }
  std::vector<Bpe::Merge> merges;
  const auto& list = fields::array(model, "merges", where);
  merges.reserve(list.size());
  for (const auto& merge : list) merges.push_back(parse_merge(merge, merges.size(), where));
  BpeOptions options{
      .unknown_token = fields::string_or(model, "unk_token", "", where),
      .continuing_subword_prefix = fields::string_or(model, "continuing_subword_prefix", "", where),
      .end_of_word_suffix = fields::string_or(model, "end_of_word_suffix", "", where),
      .unknown = fields::boolean(model, "fuse_unk", false, where) ? Unknown::fused : Unknown::each,
      .byte_fallback = fields::boolean(model, "byte_fallback", false, where) ? ByteFallback::yes : ByteFallback::no,
      .merging = fields::boolean(model, "ignore_merges", false, where) ? Merging::whole_words_first : Merging::by_rank};
  return std::make_shared<Bpe>(std::move(vocabulary), merges, std::move(options), where);
}

std::shared_ptr<const TokenModel> parse_wordpiece(const nlohmann::json& model,
                                                  std::shared_ptr<const Vocabulary> vocabulary,
                                                  std::string_view where) {
  return std::make_shared<WordPiece>(std::move(vocabulary), fields::string_or(model, "unk_token", "[UNK]", where),
                                     fields::string_or(model, "continuing_subword_prefix", "##", where),
                                     fields::natural(model, "max_input_chars_per_word", 100, where), where);
}

std::shared_ptr<const TokenModel> parse_wordlevel(const nlohmann::json& model,
                                                  std::shared_ptr<const Vocabulary> vocabulary,
                                                  std::string_view where) {
  return std::make_shared<WordLevel>(std::move(vocabulary), fields::string_or(model, "unk_token", "<unk>", where));
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

std::shared_ptr<const TokenModel> parse_unigram(const nlohmann::json& model,
                                                std::shared_ptr<const Vocabulary> vocabulary, std::string_view where) {
  std::vector<double> scores;
  for (const auto& entry : fields::array(model, "vocab", where))
    scores.push_back(reference_score(entry[1].get<double>()));
  const auto bytes = fields::boolean(model, "byte_fallback", false, where) ? ByteFallback::yes : ByteFallback::no;
  return std::make_shared<Unigram>(std::move(vocabulary), scores, fields::natural(model, "unk_id", -1, where), bytes,
                                   where);
}

/// Old files do not name the kind.
std::string model_kind(const nlohmann::json& model, std::string_view where) {
  if (fields::find(model, "type", where) != nullptr) return fields::string(model, "type", where);
  if (model.contains("merges")) return "BPE";
  if (model.contains("unk_id")) return "Unigram";
  if (model.contains("continuing_subword_prefix")) return "WordPiece";
  fail(Errc::corrupt, "{}: type is missing", where);
}

void parse_model(const nlohmann::json& model, TokenizerParts& parts, const std::string& where) {
  const auto kind = model_kind(model, where);
  using Parse =
      std::shared_ptr<const TokenModel> (*)(const nlohmann::json&, std::shared_ptr<const Vocabulary>, std::string_view);
  const Parse parse = kind == "BPE"         ? parse_bpe
                      : kind == "WordPiece" ? parse_wordpiece
                      : kind == "Unigram"   ? parse_unigram
                      : kind == "WordLevel" ? parse_wordlevel
                                            : Parse{};
  if (parse == nullptr) fail(Errc::unsupported, "{}: Etna does not know the kind {:?}", where, kind);
  parts.vocabulary = parse_vocabulary(model, parts.added_tokens.size(), where);
  parts.model = parse(model, parts.vocabulary, where);
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
  const auto json = parse_json(text, where);
  if (!json.is_object()) fail(Errc::corrupt, "{}: not an object", where);
  const auto section = [&json](const char* name) { return json.value(name, nlohmann::json()); };
  const auto place = [&where](const char* name) { return fmt::format("{}: {}", where, name); };
  TokenizerParts parts;
  parts.where = where;
  parts.added_tokens = parse_added_tokens(section("added_tokens"), place("added_tokens"));
  parse_model(fields::require(json, "model", where), parts, place("model"));
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
