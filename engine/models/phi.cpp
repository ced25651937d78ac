#include "engine/models/families.h"
#include "engine/models/rope_keys.h"

namespace etna {

/// Phi-1, 1.5 and 2: attention and feed-forward beside each other behind one LayerNorm, biases everywhere, half of
/// each head rotates. Source: arXiv:2306.11644, transformers' modeling_phi.
DecoderSettings phi(const ModelConfig& config) {
  DecoderSettings settings = usual_decoder(config);
  settings.norm = {.kind = nn::NormKind::layer, .eps = static_cast<float>(config.keys.number("layer_norm_eps", 0, 1, 1e-5)), .has_bias = true};
  settings.parallel = true;
  settings.head_bias = true;
  settings.names.final_norm = "final_layernorm";
  settings.names.norm_before_mlp = "";
  settings.attention.qkv_bias = settings.attention.o_bias = nn::Bias::present;
  settings.attention.names.o = "dense";
  settings.attention.norm = settings.norm;
  if (config.keys.boolean("qk_layernorm", false)) {
    settings.attention.qk_norm = nn::QkNorm::per_head;
    settings.attention.names.q_norm = "q_layernorm";
    settings.attention.names.k_norm = "k_layernorm";
  }
  settings.mlp.names.gate = "";
  settings.mlp.names.up = "fc1";
  settings.mlp.names.down = "fc2";
  settings.mlp.bias = nn::Bias::present;
  settings.mlp.activation = read_activation(config.keys, "hidden_act", "gelu_new");
  settings.ropes = {read_rope(config, {.rotated_share = 0.5})};
  return settings;
}

}  // namespace etna
