#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/template/chat_template.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/training/batch.h"
#include "engine/training/data/row.h"

namespace etna::training {

/// What of a conversation is learned; the rest is only read.
enum class Learn {
  everything,
  last_answer,  ///< mlx-lm's mask_prompt: what the template makes of the last message, whatever came before it
  all_answers,  ///< every message of an assistant
};

/// "everything", "last_answer", "all_answers", and back. Throws invalid_argument naming the known ones.
const char* name(Learn learn);
Learn learn_named(const std::string& name);

/// Turns conversations into tokens as mlx-lm does (mlx_lm/tuner/datasets.py): messages through the model's chat
/// template without further special tokens; plain texts with the tokenizer's own, and an end token where there is none.
class ExampleEncoder {
public:
  /// Throws template_error for a template that does not parse. A model without one reads plain texts alone.
  ExampleEncoder(std::shared_ptr<const Tokenizer> tokenizer, Learn learn);

  /// Throws template_error (the template refuses the messages), unsupported (there is no template), invalid_argument
  /// (answers of a plain text cannot be told apart).
  Example encode(const Conversation& conversation) const;

  /// The text that the tokens are of, for showing it.
  std::string render(const Conversation& conversation) const;

  bool has_template() const { return plain_.has_value(); }

  Learn learn() const { return learn_; }

  const Tokenizer& tokenizer() const { return *tokenizer_; }

private:
  std::string render(const Conversation& conversation, std::size_t messages, GenerationPrompt prompt) const;
  std::vector<Example::Span> learned(const Conversation& conversation, const std::string& text,
                                     std::int64_t tokens) const;
  std::int64_t count(const std::string& text) const;

  std::shared_ptr<const Tokenizer> tokenizer_;
  std::optional<ChatTemplate> plain_, with_tools_;
  Learn learn_;
};

}  // namespace etna::training
