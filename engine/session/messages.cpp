#include "engine/session/messages.h"

#include <fmt/core.h>

#include <algorithm>

namespace etna {

const char* words(StopReason reason) {
  switch (reason) {
    case StopReason::end_of_text: return "end of text";
    case StopReason::stopped: return "you stopped it";
    case StopReason::stop_text: return "stop text found";
    case StopReason::length: return "length limit reached";
    case StopReason::context_full: return "context is full";
    case StopReason::model_unloaded: return "model was unloaded";
    case StopReason::failed: return "failed";
    case StopReason::tool_call: return "tool call";
  }
  return "";
}

std::string placement_text(const ModelInfo& model) {
  if (model.layers_on_device <= 0 || model.layers_on_device >= model.layers) return {};
  return fmt::format("{} of {} layers on the graphics device", model.layers_on_device, model.layers);
}

std::uint64_t usual_reply_reserve(std::uint64_t context, std::uint64_t max_tokens) {
  return std::clamp<std::uint64_t>(max_tokens, 1, std::max<std::uint64_t>(context / 8, 1));
}

double RunStatistics::prompt_tokens_per_second() const {
  return prompt_seconds > 0 ? static_cast<double>(prompt_tokens - cached_tokens) / prompt_seconds : 0;
}

double RunStatistics::decode_tokens_per_second() const {
  // The first token belongs to the prompt's time.
  return decode_seconds > 0 && generated_tokens > 1 ? static_cast<double>(generated_tokens - 1) / decode_seconds : 0;
}

}  // namespace etna
