#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/session/chat_output.h"
#include "engine/session/chat_prompt.h"
#include "engine/session/messages.h"

namespace etna {

/// An answer while it is written: what its tokens say, what ends it, and how long it took.
class RunningAnswer {
public:
  /// Time counts from here. `sink` must live as long.
  RunningAnswer(std::shared_ptr<const Tokenizer> tokenizer, const ChatPrompt& prompt,
                std::vector<std::int32_t> end_tokens, std::uint64_t max_tokens, const ChatSink& sink);

  /// Shows a token; false when the answer ends with it.
  bool accept(std::int32_t id);

  /// Something else ends it.
  void end(StopReason reason) { statistics_.stop_reason = reason; }

  /// No more tokens come: shows what was held back.
  RunStatistics finish();

  std::uint64_t left() const { return max_tokens_ - statistics_.generated_tokens; }
  RunStatistics& statistics() { return statistics_; }

private:
  using Clock = std::chrono::steady_clock;

  std::vector<std::int32_t> end_tokens_;
  std::uint64_t max_tokens_;
  ChatOutput output_;
  const ChatSink& sink_;
  RunStatistics statistics_;
  Clock::time_point begin_, first_token_, last_token_;
  bool has_token_ = false;
};

}  // namespace etna
