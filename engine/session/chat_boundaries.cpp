#include "engine/session/chat_boundaries.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/session/chat_prompt.h"

namespace etna {

namespace {

/// A template that looks at the role before it has something to say must not find words of the conversation there.
constexpr const char* other_content = "\xE2\x80\xA6?";

bool has_template(const ModelHost& host, const ChatRequest& request) {
  if (!request.raw_prompt.empty() || request.ignore_chat_template || !host.tokenizer() || !request.prompt_cache_file.empty()) return false;
  return !host.tokenizer()->chat_template().empty() || request.use_default_chat_template;
}

/// How many tokens a prompt of other messages has in common with the prompt; 0 where the template refuses them.
std::int64_t common(const ModelHost& host, ChatRequest request, std::vector<ChatMessage> messages, PromptEnd end, std::span<const std::int32_t> prompt) {
  request.messages = std::move(messages);
  if (end != PromptEnd::answer) request.prefill_response.clear();
  try {
    const ChatPrompt other = make_chat_prompt(*host.tokenizer(), host.info().path, request, end);
    return std::ranges::mismatch(other.ids, prompt).in1 - other.ids.begin();
  } catch (const Error&) {
    return 0;  // templates may want roles in turn, or a question at the end
  }
}

std::vector<ChatMessage> first(const ChatRequest& request, std::size_t count) {
  return {request.messages.begin(), request.messages.begin() + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace

std::vector<std::int64_t> message_boundaries(const ModelHost& host, const ChatRequest& request, std::span<const std::int32_t> prompt) {
  std::vector<std::int64_t> boundaries;
  if (!has_template(host, request) || request.messages.empty()) return boundaries;
  const std::size_t count = request.messages.size();
  boundaries.push_back(common(host, request, request.messages, PromptEnd::message, prompt));
  std::vector<ChatMessage> last_differs = request.messages;
  last_differs.back().content = other_content;
  boundaries.push_back(common(host, request, std::move(last_differs), PromptEnd::answer, prompt));
  const auto is_instruction = [](const ChatMessage& message) { return message.role == "system" || message.role == "developer"; };
  const auto instructions = static_cast<std::size_t>(std::ranges::find_if_not(request.messages, is_instruction) - request.messages.begin());
  if (instructions > 0 && instructions + 1 < count) {
    std::vector<ChatMessage> others = first(request, instructions);
    others.push_back({"user", other_content});
    boundaries.push_back(common(host, request, std::move(others), PromptEnd::answer, prompt));
  }
  std::ranges::sort(boundaries);
  const auto [begin, end] = std::ranges::unique(boundaries);
  boundaries.erase(begin, end);
  std::erase_if(boundaries, [&](std::int64_t at) { return at <= 0 || at >= static_cast<std::int64_t>(prompt.size()); });
  return boundaries;
}

int message_at(const ModelHost& host, const ChatRequest& request, std::span<const std::int32_t> prompt, std::int64_t position) {
  if (!has_template(host, request)) return -1;
  // The first message with which a prompt that ends behind it goes beyond the position.
  std::size_t low = 0, high = request.messages.size();
  while (low + 1 < high) {
    const std::size_t middle = (low + high) / 2;
    std::int64_t reached = common(host, request, first(request, middle), PromptEnd::message, prompt);
    if (reached == 0) {  // refused: as it is with the next message, but for what that says
      std::vector<ChatMessage> messages = first(request, middle + 1);
      messages.back().content = other_content;
      messages.back().tool_calls.clear();
      reached = common(host, request, std::move(messages), PromptEnd::message, prompt);
    }
    if (reached == 0) return -1;
    (reached > position ? high : low) = middle;
  }
  return static_cast<int>(low);
}

}  // namespace etna
