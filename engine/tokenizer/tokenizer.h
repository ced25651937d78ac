#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "engine/tokenizer/decoder.h"
#include "engine/tokenizer/normalize.h"
#include "engine/tokenizer/post_process.h"
#include "engine/tokenizer/pretokenize.h"
#include "engine/tokenizer/special_tokens.h"
#include "engine/tokenizer/vocabulary.h"

namespace etna {

enum class AddSpecialTokens { no, yes };   ///< yes: put around a text what the tokenizer puts there, BOS for example
enum class SkipSpecialTokens { no, yes };  ///< yes: special tokens give no text

/// What a tokenizer is made of; tokenizer files are read into this.
struct TokenizerParts {
  std::shared_ptr<Vocabulary> vocabulary;  ///< of the model and the added tokens
  std::shared_ptr<const TokenModel> model;
  std::shared_ptr<const Normalizer> normalizer;       ///< nullptr: none
  std::shared_ptr<const PreTokenizer> pre_tokenizer;  ///< nullptr: the text is one piece
  std::vector<AddedToken> added_tokens;
  std::vector<std::int32_t> control_ids;  ///< special, too, but not recognized when written in a text
  PostProcessor post_processor;
  Decoder decoder;
  std::string where;  ///< the file, for messages
};

/// Settings that stand beside the tokenizer in a model's folder.
struct TokenizerSettings {
  std::map<std::string, std::string> special_tokens;  ///< by name: bos_token, eos_token, …
  std::string chat_template;                          ///< empty: none
  std::string tool_chat_template;                     ///< for chats with tools; empty: none of its own
};

/// Cuts text into tokens and puts tokens together again. Immutable: one object serves all threads.
/// Source of the rules: the tokenizer.json format of Hugging Face tokenizers.
class Tokenizer {
public:
  explicit Tokenizer(TokenizerParts parts, TokenizerSettings settings = {});

  /// `path` is a tokenizer.json (as it stands), a SentencePiece .model (as its library does) or a folder with one of
  /// them, whose tokenizer_config.json and special_tokens_map.json are read too; where both are, tokenizer.json counts.
  /// Throws not_found, io, corrupt or unsupported, naming file and field.
  static std::shared_ptr<const Tokenizer> load(const std::filesystem::path& path);

  /// The text of a tokenizer.json; `where` names it in messages.
  static std::shared_ptr<const Tokenizer> parse(std::string_view json, std::string_view where);

  /// Special tokens written in the text are recognized. Broken UTF-8 counts as U+FFFD.
  std::vector<std::int32_t> encode(std::string_view text, AddSpecialTokens add) const;

  /// Valid UTF-8; broken characters become U+FFFD. Throws invalid_argument for ids outside 0 to vocab_size() - 1.
  std::string decode(std::span<const std::int32_t> ids, SkipSpecialTokens skip) const;

  /// Greatest id + 1, added tokens included. The model's own vocabulary may be padded beyond it.
  std::int32_t vocab_size() const { return parts_.vocabulary->size(); }

  std::optional<std::int32_t> token_to_id(std::string_view token) const { return parts_.vocabulary->id(token); }

  /// The token as the file spells it; empty for an id without a token.
  std::string_view token(std::int32_t id) const;

  /// Whether the id is that of a token; vocabularies may have holes.
  bool contains(std::int32_t id) const { return parts_.vocabulary->contains(id); }

  bool is_special(std::int32_t id) const { return special_ids_.contains(id); }

  /// bos_token, eos_token, … with their texts, as chat templates see them.
  const std::map<std::string, std::string>& special_tokens() const { return settings_.special_tokens; }

  /// Id of a special token by its name ("eos_token").
  std::optional<std::int32_t> special_token_id(const std::string& name) const;

  /// The folder's chat template (Jinja); empty when there is none.
  const std::string& chat_template() const { return settings_.chat_template; }

  /// The one for chats with tools ("tool_use"): chat_template() unless the folder has one of its own.
  const std::string& tool_chat_template() const {
    return settings_.tool_chat_template.empty() ? settings_.chat_template : settings_.tool_chat_template;
  }

  const Decoder& decoder() const { return parts_.decoder; }

private:
  void encode_text(std::string_view text, Pieces::Start start, std::vector<std::int32_t>& out) const;

  TokenizerParts parts_;
  TokenizerSettings settings_;
  SpecialTokens in_text_, in_normalized_;
  std::unordered_set<std::int32_t> special_ids_;
};

}  // namespace etna
