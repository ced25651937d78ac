#pragma once

#include <stop_token>

#include "engine/session/chat_output.h"
#include "engine/session/messages.h"
#include "engine/session/model_host.h"
#include "engine/session/prompt_reader.h"

namespace etna {

/// Answers one request with a loaded model. What the KV cache already holds of the conversation, and what `caches` have of
/// it, is not evaluated again; the whole is kept there afterwards. A stop request ends it with StopReason::stopped. Throws template_error, invalid_argument, device errors.
RunStatistics run_chat(ModelHost& host, const ChatRequest& request, const ChatSink& sink, std::stop_token stop, const PromptCaches& caches = {});

}  // namespace etna
