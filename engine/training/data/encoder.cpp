#include "engine/training/data/encoder.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/base/error.h"

namespace etna::training {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<const char*, 3> learn_names = {"everything", "last_answer", "all_answers"};

bool is_answer(const Json& message) {
  return message.value("role", std::string()) == "assistant";
}

}  // namespace

const char* name(Learn learn) {
  return learn_names[static_cast<std::size_t>(learn)];
}

Learn learn_named(const std::string& name) {
  for (std::size_t i = 0; i < learn_names.size(); ++i) {
    if (name == learn_names[i]) return static_cast<Learn>(i);
  }
  fail(Errc::invalid_argument, "learn: '{}' is not known; known are everything, last_answer and all_answers", name);
}

ExampleEncoder::ExampleEncoder(std::shared_ptr<const Tokenizer> tokenizer, Learn learn)
    : tokenizer_(std::move(tokenizer)), learn_(learn) {
  if (!tokenizer_->chat_template().empty()) plain_ = ChatTemplate::parse(tokenizer_->chat_template(), "chat template");
  if (!tokenizer_->tool_chat_template().empty())
    with_tools_ = ChatTemplate::parse(tokenizer_->tool_chat_template(), "chat template");
}

/// The first so many messages.
std::string ExampleEncoder::render(const Conversation& conversation, std::size_t messages,
                                   GenerationPrompt prompt) const {
  const auto& chat_template = conversation.tools ? with_tools_ : plain_;
  if (!chat_template) fail(Errc::unsupported, "the model has no chat template, which messages need");
  RenderInput input{
      .messages = conversation.messages.get(), .tools = conversation.tools.get(), .generation_prompt = prompt};
  input.special_tokens = tokenizer_->special_tokens();
  if (messages == conversation.messages->size()) return chat_template->render(input);
  const Json first(conversation.messages->begin(),
                   conversation.messages->begin() + static_cast<std::ptrdiff_t>(messages));
  input.messages = &first;
  return chat_template->render(input);
}

std::string ExampleEncoder::render(const Conversation& conversation) const {
  return conversation.is_text() ? conversation.text
                                : render(conversation, conversation.messages->size(), GenerationPrompt::no);
}

std::int64_t ExampleEncoder::count(const std::string& text) const {
  return static_cast<std::int64_t>(tokenizer_->encode(text, AddSpecialTokens::no).size());
}

/// What is learned of messages whose rendering has so many tokens.
std::vector<Example::Span> ExampleEncoder::learned(const Conversation& conversation, const std::string& text,
                                                   std::int64_t tokens) const {
  const Json& messages = *conversation.messages;
  if (learn_ == Learn::last_answer) {
    const auto prompt = is_answer(messages.back()) ? GenerationPrompt::yes : GenerationPrompt::no;
    const std::int64_t offset = messages.size() > 1 ? count(render(conversation, messages.size() - 1, prompt)) : 0;
    return {{std::min(offset, tokens), tokens}};
  }
  std::vector<Example::Span> spans;
  for (std::size_t i = 1; i < messages.size(); ++i) {
    if (!is_answer(messages[i])) continue;
    // Templates may leave earlier thoughts out: an answer that stands otherwise in the whole is not learned.
    const std::string before = render(conversation, i, GenerationPrompt::yes),
                      with = render(conversation, i + 1, GenerationPrompt::no);
    if (!text.starts_with(before) || !text.starts_with(with)) continue;
    const std::int64_t first = std::min(count(before), tokens), end = std::min(count(with), tokens);
    if (first < end) spans.push_back({first, end});
  }
  if (spans.empty()) spans.push_back({tokens, tokens});
  return spans;
}

Example ExampleEncoder::encode(const Conversation& conversation) const {
  if (conversation.is_text()) {
    if (learn_ != Learn::everything)
      fail(Errc::invalid_argument, "a plain text has no answers: all of it is learned, or none (mask_prompt)");
    Example example{tokenizer_->encode(conversation.text, AddSpecialTokens::yes), {}};
    const auto end = tokenizer_->special_token_id("eos_token");
    if (end && (example.tokens.empty() || example.tokens.back() != *end)) example.tokens.push_back(*end);
    return example;
  }
  const std::string text = render(conversation);
  Example example{tokenizer_->encode(text, AddSpecialTokens::no), {}};
  if (learn_ != Learn::everything)
    example.learned = learned(conversation, text, static_cast<std::int64_t>(example.tokens.size()));
  return example;
}

}  // namespace etna::training
