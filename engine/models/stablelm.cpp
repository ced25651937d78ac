#include "engine/models/families.h"
#include "engine/models/rope_keys.h"

namespace etna {

/// LayerNorms before Llama's layers, a quarter of each head rotates. Source: transformers' modeling_stablelm.
DecoderSettings stablelm(const ModelConfig& config) {
  DecoderSettings settings = usual_decoder(config);
  const ConfigKeys& keys = config.keys;
  settings.norm = {.kind = nn::NormKind::layer, .eps = static_cast<float>(keys.number("layer_norm_eps", 0, 1, 1e-5)), .has_bias = true};
  settings.attention.norm = {.kind = nn::NormKind::layer, .eps = settings.norm.eps};
  settings.attention.qkv_bias = keys.boolean("use_qkv_bias", false) ? nn::Bias::present : nn::Bias::none;
  if (keys.boolean("qk_layernorm", false)) {
    settings.attention.qk_norm = nn::QkNorm::per_each_head;
    settings.attention.names.q_norm = "q_layernorm";
    settings.attention.names.k_norm = "k_layernorm";
  }
  settings.parallel = keys.boolean("use_parallel_residual", false);
  if (settings.parallel) settings.names.norm_before_mlp = "";
  settings.ropes = {read_rope(config, {.rotated_share = 0.25})};
  return settings;
}

}  // namespace etna
