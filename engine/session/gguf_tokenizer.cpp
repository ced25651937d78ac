#include "engine/session/gguf_tokenizer.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/base/utf8.h"
#include "engine/io/gguf.h"
#include "engine/io/quote.h"
#include "engine/tokenizer/token_table.h"

namespace etna {

namespace {

using Kind = TokenTable::Kind;

/// None where the file says none, which it does with the highest number or with -1.
std::optional<std::int32_t> id(const GgufMetadata& metadata, const char* key) {
  const auto value = metadata.integer(key);
  if (!value || *value < 0 || *value > std::numeric_limits<std::int32_t>::max()) return std::nullopt;
  return static_cast<std::int32_t>(*value);
}

Kind kind_of(const GgufMetadata& metadata) {
  constexpr const char* key = "tokenizer.ggml.model";
  const auto model = metadata.text(key);
  if (!model)
    fail(Errc::corrupt, "{}: the file has no tokenizer: metadata key \"{}\" is missing", metadata.where(), key);
  if (*model == "gpt2") return Kind::byte_level_bpe;
  if (*model == "llama") return Kind::sentencepiece_bpe;
  if (*model == "t5") return Kind::unigram;
  if (*model == "bert") return Kind::wordpiece;
  fail(Errc::unsupported, "{}: Etna does not know the {} {}", metadata.where(), key, quote(*model));
}

/// What the kinds take when the file does not say.
void fill_in(TokenTable& table) {
  const auto take = [](std::optional<std::int32_t>& id, std::int32_t otherwise) { id = id.value_or(otherwise); };
  switch (table.kind) {
    case Kind::sentencepiece_bpe:
      take(table.bos, 1);
      take(table.eos, 2);
      take(table.unknown_token, 0);
      return;
    case Kind::unigram:
      take(table.eos, 1);
      take(table.unknown_token, 2);
      return;
    case Kind::wordpiece:
      take(table.bos, 101);
      take(table.eos, 102);
      take(table.unknown_token, 100);
      return;
    case Kind::byte_level_bpe: return;
  }
}

TokenTable read_table(const GgufMetadata& metadata) {
  TokenTable table;
  table.kind = kind_of(metadata);
  table.tokens = metadata.require("tokenizer.ggml.tokens", &GgufMetadata::texts);
  table.scores = metadata.numbers("tokenizer.ggml.scores").value_or(std::vector<double>());
  table.types = metadata.integers("tokenizer.ggml.token_type").value_or(std::vector<std::int64_t>());
  table.merges = metadata.texts("tokenizer.ggml.merges").value_or(std::vector<std::string_view>());
  table.pre_tokenizer = metadata.text("tokenizer.ggml.pre").value_or("default");
  if (const auto charsmap = metadata.array("tokenizer.ggml.precompiled_charsmap")) {
    if (charsmap->type() != GgufValueType::u8 && charsmap->type() != GgufValueType::i8) {
      fail(Errc::corrupt, "{}: metadata key \"tokenizer.ggml.precompiled_charsmap\" is not an array of bytes",
           metadata.where());
    }
    table.charsmap.assign(reinterpret_cast<const char*>(charsmap->bytes().data()), charsmap->bytes().size());
  }
  const bool llama = table.kind == Kind::sentencepiece_bpe;
  table.bos = id(metadata, "tokenizer.ggml.bos_token_id");
  table.eos = id(metadata, "tokenizer.ggml.eos_token_id");
  table.unknown_token = id(metadata, "tokenizer.ggml.unknown_token_id");
  table.add_bos = metadata.boolean("tokenizer.ggml.add_bos_token");
  table.add_eos = metadata.boolean("tokenizer.ggml.add_eos_token");
  table.add_space_prefix = metadata.boolean("tokenizer.ggml.add_space_prefix").value_or(llama);
  table.remove_extra_whitespaces = metadata.boolean("tokenizer.ggml.remove_extra_whitespaces").value_or(false);
  if (table.kind == Kind::wordpiece) {
    if (const auto cls = id(metadata, "tokenizer.ggml.cls_token_id")) table.bos = cls;
    if (const auto end = id(metadata, "tokenizer.ggml.seperator_token_id"))
      table.eos = end;  // spelled so in the format
  }
  fill_in(table);
  return table;
}

/// Phi-3's special tokens swallow the white space behind them, all but three of them. Files cannot say so: their tokens
/// carry no such attribute.
void apply_phi3_rule(const GgufMetadata& metadata, const TokenTable& table, TokenizerParts& parts) {
  std::string name(metadata.text("general.name").value_or(""));
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const bool named = name.find("phi-3") != name.npos || name.find("phi3") != name.npos;
  const bool phi3 = named || metadata.text("general.architecture") == "phi3";
  if (!phi3 || table.kind != Kind::sentencepiece_bpe) return;
  for (AddedToken& token : parts.added_tokens) {
    token.rstrip = token.content != "<unk>" && token.content != "<s>" && token.content != "<|endoftext|>";
  }
}

/// Qwen composes characters before it cuts a text. Files name only the cutting; llama.cpp leaves the composing out, but
/// the models were trained with it.
void apply_qwen_rule(const TokenTable& table, TokenizerParts& parts) {
  static constexpr std::string_view names[] = {"qwen2", "qwen35", "deepseek-r1-qwen", "megrez"};
  if (table.kind != Kind::byte_level_bpe || std::ranges::find(names, table.pre_tokenizer) == std::end(names)) return;
  parts.normalizer = parse_normalizer({{"type", "NFC"}}, parts.where);
}

TokenizerSettings read_settings(const GgufMetadata& metadata, const TokenTable& table) {
  TokenizerSettings settings;
  const auto add = [&](const char* name, std::optional<std::int32_t> token) {
    if (!token || static_cast<std::size_t>(*token) >= table.tokens.size()) return;
    settings.special_tokens.emplace(name, utf8::make_valid(table.tokens[static_cast<std::size_t>(*token)]));
  };
  add("bos_token", table.bos);
  add("eos_token", table.eos);
  add("unk_token", table.unknown_token);
  add("pad_token", id(metadata, "tokenizer.ggml.padding_token_id"));
  settings.chat_template = gguf_chat_template(metadata);
  settings.tool_chat_template = gguf_chat_template(metadata, "tool_use");
  return settings;
}

}  // namespace

std::string gguf_chat_template(const GgufMetadata& metadata, std::string_view name) {
  const std::string key = "tokenizer.chat_template";
  std::optional<std::string_view> text;
  if (name != "default") text = metadata.text(key + "." + std::string(name));
  if (!text) text = metadata.text(key);
  return std::string(text.value_or(""));
}

std::shared_ptr<const Tokenizer> gguf_tokenizer(const GgufMetadata& metadata) {
  const TokenTable table = read_table(metadata);
  TokenizerParts parts = parts_of(table, metadata.where());
  apply_phi3_rule(metadata, table, parts);
  apply_qwen_rule(table, parts);
  return std::make_shared<Tokenizer>(std::move(parts), read_settings(metadata, table));
}

std::shared_ptr<const Tokenizer> load_gguf_tokenizer(const std::filesystem::path& path) {
  return gguf_tokenizer(GgufFile::open(path)->metadata());
}

}  // namespace etna
