#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/generation/output_parser.h"
#include "engine/generation/stop_tokens.h"
#include "engine/session/messages.h"
#include "engine/tokenizer/tokenizer.h"

namespace etna {

/// What a request becomes for a model: what it reads, and how to read what it writes.
struct ChatPrompt {
  std::vector<std::int32_t> ids;
  OutputFormat format;
  OutputStart start = OutputStart::answer;
  std::vector<std::string> stop_texts;
  ExtraStopTokens extra_stop_tokens;
  std::vector<std::string> warnings;  ///< what of the request the model cannot do
};

/// Where a prompt ends.
enum class PromptEnd {
  answer,   ///< where the assistant begins to speak
  message,  ///< behind the last message
  open,     ///< where the last message's content ends, for a text that goes on with it
};

/// Renders the messages through the tokenizer's chat template, or takes the text as it stands: raw_prompt, or the last
/// message where the model has no template or it is to be ignored. A request with tools takes the template that the
/// model has for them, if it has one. `folder` is the model's: its tokenizer_config.json
/// may name the form of tool calls (tool_parser_type). With a prompt_cache_file it is what follows the file: the
/// rendering from the last message's content on.
///
/// Everything in the request is checked. Throws invalid_argument naming the field, and line and column of what is no
/// JSON; template_error; unsupported for a tool_parser_type that is not known.
ChatPrompt make_chat_prompt(const Tokenizer& tokenizer, const std::filesystem::path& folder,
                            const ChatRequest& request, PromptEnd end = PromptEnd::answer);

/// Sets what the model's chat template says about thinking.
void describe_thinking(const Tokenizer& tokenizer, ModelInfo& info);

}  // namespace etna
