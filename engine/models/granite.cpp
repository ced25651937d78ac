#include "engine/models/families.h"

namespace etna {

/// Llama's blocks with multipliers. Source: transformers' modeling_granite.
DecoderSettings granite(const ModelConfig& config) {
  DecoderSettings settings = usual_decoder(config);
  const ConfigKeys& keys = config.keys;
  settings.embedding_scale = static_cast<float>(keys.number("embedding_multiplier", -1e6, 1e6, 1));
  settings.residual_scale = static_cast<float>(keys.number("residual_multiplier", -1e6, 1e6, 1));
  settings.attention.scale = static_cast<float>(keys.number("attention_multiplier", 1e-9, 1e6, 1));
  settings.logit_scale = static_cast<float>(1 / keys.number("logits_scaling", 1e-6, 1e6, 1));
  return settings;
}

}  // namespace etna
