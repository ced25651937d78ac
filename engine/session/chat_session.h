#pragma once

#include <stop_token>

#include "engine/session/chat_output.h"
#include "engine/session/messages.h"
#include "engine/session/model_host.h"

namespace etna {

/// Answers one request with a loaded model. What the KV cache already holds of the conversation is not evaluated
/// again. A stop request ends it with StopReason::stopped. Throws template_error, invalid_argument, device errors.
RunStatistics run_chat(ModelHost& host, const ChatRequest& request, const ChatSink& sink, std::stop_token stop);

}  // namespace etna
