#include "engine/models/families.h"

namespace etna {

/// Norms stand after the layers, and before rotation over all of q and of k. Source: arXiv:2501.00656. OLMo 3 adds
/// windows by layer_types.
DecoderSettings olmo2(const ModelConfig& config) {
  DecoderSettings settings = usual_decoder(config);
  settings.names.norm_before_attention = "";
  settings.names.norm_after_attention = "post_attention_layernorm";
  settings.names.norm_before_mlp = "";
  settings.names.norm_after_mlp = "post_feedforward_layernorm";
  settings.attention.qk_norm = nn::QkNorm::whole;
  return settings;
}

}  // namespace etna
