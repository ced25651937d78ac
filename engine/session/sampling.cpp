#include "engine/session/sampling.h"

#include "engine/generation/stop_tokens.h"

namespace etna {

std::vector<std::int32_t> end_tokens(const ModelConfig& config, const Tokenizer& tokenizer, const ChatPrompt& prompt) {
  return stop_tokens(config.eos_token_ids, &tokenizer, prompt.extra_stop_tokens);
}

TokenPicker token_picker(const SamplingSettings& settings, const Tokenizer& tokenizer,
                         std::span<const std::int32_t> end_tokens) {
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
    parameters.xtc_special_tokens = tokenizer.encode("\n", AddSpecialTokens::no);
    parameters.xtc_special_tokens.insert(parameters.xtc_special_tokens.end(), end_tokens.begin(), end_tokens.end());
  }
  return TokenPicker(std::move(parameters), settings.seed);
}

}  // namespace etna
