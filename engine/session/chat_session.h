#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "engine/session/messages.h"
#include "engine/session/model_host.h"

namespace etna {

/// Where a running answer goes; called on the thread that runs it.
struct ChatSink {
  std::function<void(std::uint64_t done, std::uint64_t total)> prompt_progress;
  std::function<void(std::string text)> text;
};

/// Answers one request with a loaded model. What the KV cache already holds of the conversation is not evaluated
/// again. A stop request ends it with StopReason::stopped. Throws template_error, invalid_argument, device errors.
RunStatistics run_chat(ModelHost& host, const ChatRequest& request, const ChatSink& sink, std::stop_token stop);

/// The ids that a request becomes: through the model's chat template, or as plain text. A model without a template
/// continues the last message.
std::vector<std::int32_t> prompt_ids(const ModelHost& host, const ChatRequest& request);

}  // namespace etna
