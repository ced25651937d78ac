#include "engine/models/families.h"

namespace etna {

/// LayerNorms, biases, a feed-forward layer without gate, one window. Source: arXiv:2402.19173.
DecoderSettings starcoder2(const ModelConfig& config) {
  DecoderSettings settings = mistral(config);
  const ConfigKeys& keys = config.keys;
  const nn::Bias bias = keys.boolean("use_bias", true) ? nn::Bias::present : nn::Bias::none;
  settings.norm = {.kind = nn::NormKind::layer,
                   .eps = static_cast<float>(keys.number("norm_epsilon", 0, 1, keys.number("layer_norm_epsilon", 0, 1, 1e-5))),
                   .has_bias = true};
  settings.tied_head = config.tie_word_embeddings.value_or(true);
  settings.attention.qkv_bias = settings.attention.o_bias = bias;
  settings.mlp.names.gate = "";
  settings.mlp.names.up = "c_fc";
  settings.mlp.names.down = "c_proj";
  settings.mlp.bias = bias;
  settings.mlp.activation = read_activation(keys, "hidden_act", "gelu_pytorch_tanh");
  return settings;
}

}  // namespace etna
