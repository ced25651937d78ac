#include "engine/models/families.h"

namespace etna {

/// Learned positions, LayerNorms, biases everywhere, q, k and v in one matrix. Source: "Language Models are Unsupervised
/// Multitask Learners"; transformers' modeling_gpt2.
DecoderSettings gpt2(const ModelConfig& config) {
  DecoderSettings settings = usual_decoder(config);
  const ConfigKeys& keys = config.keys;
  DecoderNames& names = settings.names;
  names.root = "transformer.";
  names.embedding = "wte";
  names.positions = "wpe";
  names.layers = "h.";
  names.final_norm = "ln_f";
  names.attention = "attn";
  names.norm_before_attention = "ln_1";
  names.norm_before_mlp = "ln_2";
  settings.norm = {.kind = nn::NormKind::layer, .eps = static_cast<float>(keys.number("layer_norm_epsilon", 0, 1, 1e-5)), .has_bias = true};
  settings.tied_head = config.tie_word_embeddings.value_or(true);
  settings.attention.names.o = "c_proj";
  settings.attention.names.qkv = "c_attn";
  settings.attention.qkv_bias = settings.attention.o_bias = nn::Bias::present;
  if (!keys.boolean("scale_attn_weights", true)) settings.attention.scale = 1;
  settings.mlp.names.gate = "";
  settings.mlp.names.up = "c_fc";
  settings.mlp.names.down = "c_proj";
  settings.mlp.bias = nn::Bias::present;
  settings.mlp.activation = read_activation(keys, "activation_function", "gelu_new");
  if (keys.boolean("scale_attn_by_inverse_layer_idx", false)) keys.refuse("scale_attn_by_inverse_layer_idx", "false is");
  settings.ropes.clear();
  for (LayerSettings& layer : settings.layers) layer.rope = -1;
  return settings;
}

}  // namespace etna
