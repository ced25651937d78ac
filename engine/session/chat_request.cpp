#include "engine/session/chat_request.h"

#include "engine/base/error.h"
#include "engine/generation/stop_tokens.h"
#include "engine/session/context_window.h"

namespace etna {

ChatPrompt read_chat_request(const ModelHost& host, const ChatRequest& request, PromptEnd end) {
  if (!host.tokenizer()) fail(Errc::not_found, "{}: has no tokenizer.json, so text cannot be read or written", host.info().path);
  ChatPrompt prompt = make_chat_prompt(*host.tokenizer(), host.info().path, request, end);
  if (prompt.ids.empty()) fail(Errc::invalid_argument, "chat: the prompt has no tokens");
  for (const std::int32_t id : prompt.ids) {  // a tokenizer may know more than its model
    if (static_cast<std::uint64_t>(id) < host.info().vocab_size) continue;
    fail(Errc::invalid_argument, "chat: the prompt has token {} (\"{}\"), but the model knows {} tokens", id, host.tokenizer()->token(id), host.info().vocab_size);
  }
  return prompt;
}

FittedRequest fit_request(const ModelHost& host, ChatRequest request, std::uint64_t size) {
  FittedRequest fitted{.request = std::move(request), .prompt = {}, .fit = {}};
  fitted.prompt = read_chat_request(host, fitted.request);
  ChatRequest shortened = fitted.request;
  const auto length = [&](const std::vector<ChatMessage>& messages) {
    shortened.messages = messages;
    return std::uint64_t{read_chat_request(host, shortened).ids.size()};
  };
  fitted.fit = fit_context(fitted.request, size, fitted.prompt.ids.size(), length);
  if (fitted.fit.left_out.messages == 0) return fitted;
  fitted.request.messages = shown_to_model(fitted.request.messages, fitted.fit.left_out);
  fitted.prompt = read_chat_request(host, fitted.request);
  return fitted;
}

std::vector<std::int32_t> end_tokens(const ModelHost& host, const ChatPrompt& prompt) {
  return stop_tokens(host.config().eos_token_ids, host.tokenizer().get(), prompt.extra_stop_tokens);
}

TokenPicker token_picker(const ModelHost& host, const ChatRequest& request, const ChatPrompt& prompt) {
  const SamplingSettings& settings = request.sampling;
  SamplingParameters parameters;
  parameters.temperature = settings.temperature;
  parameters.top_p = settings.top_p;
  parameters.min_p = settings.min_p;
  parameters.min_tokens_to_keep = settings.min_tokens_to_keep;
  parameters.xtc_probability = settings.xtc_probability;
  parameters.xtc_threshold = settings.xtc_threshold;
  parameters.top_k = settings.top_k;
  parameters.logit_bias = settings.logit_bias;
  parameters.repetition_penalty = settings.repetition_penalty;
  parameters.presence_penalty = settings.presence_penalty;
  parameters.frequency_penalty = settings.frequency_penalty;
  parameters.repetition_context_size = settings.repetition_context_size;
  parameters.presence_context_size = settings.presence_context_size;
  parameters.frequency_context_size = settings.frequency_context_size;
  if (settings.xtc_probability > 0) {
    std::vector<std::int32_t>& special = parameters.xtc_special_tokens;
    special = host.tokenizer()->encode("\n", AddSpecialTokens::no);
    const std::vector<std::int32_t> ends = end_tokens(host, prompt);
    special.insert(special.end(), ends.begin(), ends.end());
  }
  for (const auto& [id, bias] : settings.logit_bias) {
    if (id >= 0 && static_cast<std::uint64_t>(id) < host.info().vocab_size) continue;
    fail(Errc::invalid_argument, "logit_bias: {} is no token id; the model knows {} tokens", id, host.info().vocab_size);
  }
  return TokenPicker(std::move(parameters), settings.seed);
}

}  // namespace etna
