#include "engine/models/families.h"
#include "engine/models/rope_keys.h"

namespace etna {

/// GPT-NeoX and Pythia: attention and feed-forward beside each other behind norms of their own, q, k and v of each head
/// together in one matrix. Source: arXiv:2204.06745.
DecoderSettings gpt_neox(const ModelConfig& config) {
  DecoderSettings settings = usual_decoder(config);
  const ConfigKeys& keys = config.keys;
  settings.names.root = "gpt_neox.";
  settings.names.embedding = "embed_in";
  settings.names.final_norm = "final_layer_norm";
  settings.names.head = "embed_out";
  settings.names.attention = "attention";
  settings.norm = {.kind = nn::NormKind::layer, .eps = static_cast<float>(keys.number("layer_norm_eps", 0, 1, 1e-5)), .has_bias = true};
  settings.parallel = keys.boolean("use_parallel_residual", true);
  if (!config.stored_form.qkv_joined_by_rows) settings.attention.storage = nn::QkvStorage::by_head;
  settings.attention.names.o = "dense";
  settings.attention.names.qkv = "query_key_value";
  const nn::Bias bias = keys.boolean("attention_bias", true) ? nn::Bias::present : nn::Bias::none;
  settings.attention.qkv_bias = settings.attention.o_bias = bias;
  settings.mlp.names.gate = "";
  settings.mlp.names.up = "dense_h_to_4h";
  settings.mlp.names.down = "dense_4h_to_h";
  settings.mlp.bias = nn::Bias::present;
  settings.mlp.activation = read_activation(keys, "hidden_act", "gelu");
  settings.ropes = {read_rope(config, {.rotated_share = 0.25})};
  return settings;
}

}  // namespace etna
