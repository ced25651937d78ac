#include "engine/session/running_answer.h"

#include <algorithm>
#include <utility>

namespace etna {

namespace {

template <class Time>
double seconds(Time begin, Time end) {
  return std::chrono::duration<double>(end - begin).count();
}

}  // namespace

RunningAnswer::RunningAnswer(std::shared_ptr<const Tokenizer> tokenizer, const ChatPrompt& prompt,
                             std::vector<std::int32_t> end_tokens, std::uint64_t max_tokens, const ChatSink& sink)
    : end_tokens_(std::move(end_tokens)),
      max_tokens_(max_tokens),
      output_(std::move(tokenizer), prompt.format, prompt.start, prompt.stop_texts, sink),
      sink_(sink),
      begin_(Clock::now()),
      first_token_(begin_),
      last_token_(begin_) {
  statistics_.prompt_tokens = prompt.ids.size();
}

bool RunningAnswer::accept(std::int32_t id) {
  const auto now = Clock::now();
  if (!std::exchange(has_token_, true)) {
    first_token_ = last_token_ = now;
    statistics_.prompt_seconds = statistics_.first_token_seconds = seconds(begin_, now);
  }
  if (std::ranges::find(end_tokens_, id) != end_tokens_.end()) return end(StopReason::end_of_text), false;
  ++statistics_.generated_tokens;
  const bool was_thinking = output_.thinking();
  output_.push(id);
  if (was_thinking) statistics_.thinking_seconds += seconds(last_token_, now);
  if (was_thinking || output_.thinking()) ++statistics_.thinking_tokens;
  last_token_ = now;
  if (sink_.generated) sink_.generated(statistics_.generated_tokens);
  if (output_.stopped()) return end(StopReason::stop_text), false;
  if (statistics_.generated_tokens >= max_tokens_) return end(StopReason::length), false;
  return true;
}

RunStatistics RunningAnswer::finish() {
  if (has_token_) statistics_.decode_seconds = seconds(first_token_, Clock::now());
  output_.finish();
  statistics_.tool_calls = output_.tool_calls();
  const bool waits_for_tool = statistics_.stop_reason == StopReason::end_of_text && statistics_.tool_calls > 0;
  if (waits_for_tool) end(StopReason::tool_call);
  return statistics_;
}

}  // namespace etna
