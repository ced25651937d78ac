#include "engine/session/gguf_tokenizer.h"

#include <limits>

#include "engine/base/error.h"
#include "engine/base/utf8.h"
#include "engine/io/gguf.h"
#include "engine/tokenizer/token_table.h"

namespace etna {

namespace {

/// Metadata by key, with the type that is wanted.
class Metadata {
public:
  explicit Metadata(const GgufFile& file) : file_(file) {}

  template <class T>
  std::optional<T> scalar(const char* key) const {
    const auto* value = file_.find(key);
    if (value == nullptr) return std::nullopt;
    const auto* single = std::get_if<GgufScalar>(value);
    const auto* typed = single ? std::get_if<T>(single) : nullptr;
    if (typed == nullptr) wrong_type(key);
    return *typed;
  }

  /// nullptr when absent.
  const GgufArray* array(const char* key) const {
    const auto* value = file_.find(key);
    if (value == nullptr) return nullptr;
    const auto* list = std::get_if<GgufArray>(value);
    if (list == nullptr) wrong_type(key);
    return list;
  }

  std::vector<std::string_view> texts(const char* key) const {
    return convert<std::string_view>(key, [](const auto& item) -> std::optional<std::string_view> {
      if constexpr (std::is_same_v<std::decay_t<decltype(item)>, std::string_view>) return item;
      return std::nullopt;
    });
  }

  template <class T>
  std::vector<T> numbers(const char* key) const {
    return convert<T>(key, [](const auto& item) -> std::optional<T> {
      if constexpr (std::is_arithmetic_v<std::decay_t<decltype(item)>>) return static_cast<T>(item);
      return std::nullopt;
    });
  }

  std::optional<std::int32_t> id(const char* key) const {
    const auto* value = file_.find(key);
    if (value == nullptr) return std::nullopt;
    const auto* single = std::get_if<GgufScalar>(value);
    const auto* number = single ? std::get_if<std::uint64_t>(single) : nullptr;
    if (number == nullptr) wrong_type(key);
    // Files say "none" with the highest number.
    if (*number > static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max())) return std::nullopt;
    return static_cast<std::int32_t>(*number);
  }

private:
  template <class T, class Convert>
  std::vector<T> convert(const char* key, Convert one) const {
    std::vector<T> result;
    const GgufArray* list = array(key);
    if (list == nullptr) return result;
    result.reserve(list->size());
    for (const auto& item : *list) {
      const std::optional<T> value = std::visit(one, item);
      if (!value) wrong_type(key);
      result.push_back(*value);
    }
    return result;
  }

  [[noreturn]] void wrong_type(const char* key) const {
    fail(Errc::corrupt, "{}: metadata key {} has another type than it should", file_.path().string(), key);
  }

  const GgufFile& file_;
};

TokenTable::Kind kind_of(const Metadata& metadata, const std::string& where) {
  const auto model = metadata.scalar<std::string_view>("tokenizer.ggml.model");
  if (!model) fail(Errc::corrupt, "{}: the file has no tokenizer: metadata key tokenizer.ggml.model is missing", where);
  if (*model == "gpt2") return TokenTable::Kind::byte_level_bpe;
  if (*model == "llama") return TokenTable::Kind::sentencepiece_bpe;
  if (*model == "t5") return TokenTable::Kind::unigram;
  if (*model == "bert") return TokenTable::Kind::wordpiece;
  fail(Errc::unsupported, "{}: Etna does not know the tokenizer.ggml.model {:?}", where, std::string(*model));
}

TokenTable read_table(const Metadata& metadata, const std::string& where) {
  TokenTable table;
  table.kind = kind_of(metadata, where);
  table.tokens = metadata.texts("tokenizer.ggml.tokens");
  table.scores = metadata.numbers<double>("tokenizer.ggml.scores");
  table.types = metadata.numbers<std::int64_t>("tokenizer.ggml.token_type");
  table.merges = metadata.texts("tokenizer.ggml.merges");
  table.pre_tokenizer = metadata.scalar<std::string_view>("tokenizer.ggml.pre").value_or("default");
  for (const auto byte : metadata.numbers<std::int64_t>("tokenizer.ggml.precompiled_charsmap")) {
    table.charsmap += static_cast<char>(static_cast<unsigned char>(byte & 0xFF));
  }
  table.bos = metadata.id("tokenizer.ggml.bos_token_id");
  table.eos = metadata.id("tokenizer.ggml.eos_token_id");
  table.unknown_token = metadata.id("tokenizer.ggml.unknown_token_id");
  table.add_bos = metadata.scalar<bool>("tokenizer.ggml.add_bos_token");
  table.add_eos = metadata.scalar<bool>("tokenizer.ggml.add_eos_token");
  table.add_space_prefix = metadata.scalar<bool>("tokenizer.ggml.add_space_prefix").value_or(true);
  table.remove_extra_whitespaces = metadata.scalar<bool>("tokenizer.ggml.remove_extra_whitespaces").value_or(false);
  if (table.kind == TokenTable::Kind::wordpiece) {
    if (const auto cls = metadata.id("tokenizer.ggml.cls_token_id")) table.bos = cls;
    const auto separator = metadata.id("tokenizer.ggml.seperator_token_id");  // spelled so in the format
    table.eos = separator ? separator : table.eos;
  }
  // What the kinds take when the file does not say.
  const bool llama = table.kind == TokenTable::Kind::sentencepiece_bpe;
  if (llama && !table.bos) table.bos = 1;
  if (llama && !table.eos) table.eos = 2;
  if ((llama && !table.unknown_token)) table.unknown_token = 0;
  if (table.kind == TokenTable::Kind::unigram && !table.unknown_token) table.unknown_token = 2;
  if (table.kind == TokenTable::Kind::wordpiece) {
    if (!table.bos) table.bos = 101;
    if (!table.eos) table.eos = 102;
    if (!table.unknown_token) table.unknown_token = 100;
  }
  return table;
}

TokenizerSettings read_settings(const Metadata& metadata, const TokenTable& table) {
  TokenizerSettings settings;
  const auto add = [&](const char* name, std::optional<std::int32_t> id) {
    if (!id || static_cast<std::size_t>(*id) >= table.tokens.size()) return;
    settings.special_tokens.emplace(name, utf8::make_valid(table.tokens[static_cast<std::size_t>(*id)]));
  };
  add("bos_token", table.bos);
  add("eos_token", table.eos);
  add("unk_token", table.unknown_token);
  add("pad_token", metadata.id("tokenizer.ggml.padding_token_id"));
  settings.chat_template = metadata.scalar<std::string_view>("tokenizer.chat_template").value_or("");
  return settings;
}

}  // namespace

std::shared_ptr<const Tokenizer> load_gguf_tokenizer(const std::filesystem::path& path) {
  const auto file = GgufFile::open(path);
  const std::string where = path.string();
  const Metadata metadata(*file);
  const TokenTable table = read_table(metadata, where);
  auto settings = read_settings(metadata, table);
  return std::make_shared<Tokenizer>(parts_of(table, where), std::move(settings));
}

}  // namespace etna
