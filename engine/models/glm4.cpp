#include "engine/models/families.h"
#include "engine/models/rope_keys.h"

namespace etna {

/// GLM-4-9B: Llama's blocks, half of each head rotates in adjacent pairs, gate and up in one matrix.
/// Source: transformers' modeling_glm.
DecoderSettings glm(const ModelConfig& config) {
  DecoderSettings settings = usual_decoder(config);
  settings.attention.o_bias = nn::Bias::none;
  settings.mlp.names.gate_up = "gate_up_proj";
  settings.ropes = {read_rope(config, {.rotated_share = 0.5})};
  settings.ropes[0].adjacent_pairs = true;
  return settings;
}

/// GLM-4-0414: norms after the layers as well. Source: transformers' modeling_glm4.
DecoderSettings glm4(const ModelConfig& config) {
  DecoderSettings settings = glm(config);
  settings.names.norm_after_attention = "post_self_attn_layernorm";
  settings.names.norm_after_mlp = "post_mlp_layernorm";
  return settings;
}

}  // namespace etna
