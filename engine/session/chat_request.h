#pragma once

#include <cstdint>
#include <vector>

#include "engine/generation/token_picker.h"
#include "engine/session/chat_prompt.h"
#include "engine/session/messages.h"
#include "engine/session/model_host.h"

namespace etna {

/// What a request means for a loaded model. Throws not_found where it has no tokenizer, invalid_argument for a prompt
/// without tokens or with one that the model does not know, and what make_chat_prompt throws.
ChatPrompt read_chat_request(const ModelHost& host, const ChatRequest& request, PromptEnd end = PromptEnd::answer);

/// A request as the model is shown it.
struct FittedRequest {
  ChatRequest request;  ///< without the messages that its policy leaves out
  ChatPrompt prompt;    ///< of that
  ContextFit fit;
};

/// What of a request the model is shown, so that it fits `size` tokens by the request's policy; nothing is evaluated for
/// it. Throws what read_chat_request throws.
FittedRequest fit_request(const ModelHost& host, ChatRequest request, std::uint64_t size);

/// All tokens that end an answer. Throws invalid_argument for extra ones that the vocabulary does not have.
std::vector<std::int32_t> end_tokens(const ModelHost& host, const ChatPrompt& prompt);

/// The request's sampling. XTC never leaves out line breaks and end tokens: an answer must be able to end. Throws
/// invalid_argument naming the setting, its value and its range.
TokenPicker token_picker(const ModelHost& host, const ChatRequest& request, const ChatPrompt& prompt);

}  // namespace etna
