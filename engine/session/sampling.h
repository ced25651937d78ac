#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/generation/token_picker.h"
#include "engine/io/model_config.h"
#include "engine/session/chat_prompt.h"
#include "engine/session/messages.h"
#include "engine/tokenizer/tokenizer.h"

namespace etna {

/// All tokens that end an answer to a prompt.
std::vector<std::int32_t> end_tokens(const ModelConfig& config, const Tokenizer& tokenizer, const ChatPrompt& prompt);

/// A request's settings as the sampler takes them. XTC never leaves out line breaks and `end_tokens`: an answer must be
/// able to end. Throws invalid_argument naming the setting, its value and its range.
TokenPicker token_picker(const SamplingSettings& settings, const Tokenizer& tokenizer,
                         std::span<const std::int32_t> end_tokens);

}  // namespace etna
