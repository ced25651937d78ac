#include <cmath>

#include "engine/models/families.h"
#include "engine/models/rope_keys.h"

namespace etna {

namespace {

/// What all Gemmas share: 1 + w norms, scaled embeddings that are the output layer too, a GELU gate.
DecoderSettings any_gemma(const ModelConfig& config) {
  DecoderSettings settings = usual_decoder(config);
  settings.norm.weight_offset = config.stored_form.norm_offset_included ? 0.0f : 1.0f;
  settings.attention.norm = settings.norm;
  settings.embedding_scale = static_cast<float>(std::sqrt(static_cast<double>(config.hidden_size)));
  settings.tied_head = config.tie_word_embeddings.value_or(true);
  config.keys.text("hidden_act", "");  // "gelu" in the first files means the approximation as well
  settings.mlp.activation = read_activation(config.keys, "hidden_activation", "gelu_pytorch_tanh");
  settings.wide_range = true;
  if (config.keys.boolean("use_bidirectional_attention", false)) {
    config.keys.refuse("use_bidirectional_attention", "Etna generates from left to right");
  }
  return settings;
}

/// Gemma 2 and 3: norms on both sides of each layer, soft caps, a scale of their own for scores.
DecoderSettings later_gemma(const ModelConfig& config, double scalar) {
  DecoderSettings settings = any_gemma(config);
  settings.names.norm_after_attention = "post_attention_layernorm";
  settings.names.norm_before_mlp = "pre_feedforward_layernorm";
  settings.names.norm_after_mlp = "post_feedforward_layernorm";
  settings.attention.scale = static_cast<float>(1 / std::sqrt(config.keys.number("query_pre_attn_scalar", 1e-6, 1e9, scalar)));
  settings.attention.softcap = static_cast<float>(config.keys.number("attn_logit_softcapping", 0, 1e9, 0));
  settings.logit_softcap = static_cast<float>(config.keys.number("final_logit_softcapping", 0, 1e9, 0));
  return settings;
}

}  // namespace

/// Source: arXiv:2403.08295.
DecoderSettings gemma(const ModelConfig& config) { return any_gemma(config); }

/// Every second layer slides. Source: arXiv:2408.00118.
DecoderSettings gemma2(const ModelConfig& config) {
  DecoderSettings settings = later_gemma(config, 256);
  settings.layers = layers_by_type(config, [](std::size_t i) { return i % 2 == 0; });
  return settings;
}

/// Five layers slide, with a rope of their own, then one sees all. Source: arXiv:2503.19786.
DecoderSettings gemma3_text(const ModelConfig& config) {
  DecoderSettings settings = later_gemma(config, 256);
  settings.attention.qk_norm = nn::QkNorm::per_head;
  const ConfigKeys& keys = config.keys;
  const auto pattern = static_cast<std::size_t>(keys.integer("sliding_window_pattern", 1, 1 << 20, keys.integer("_sliding_window_pattern", 1, 1 << 20, 6)));
  settings.layers = layers_by_type(config, [=](std::size_t i) { return (i + 1) % pattern != 0; });
  nn::RopeSettings global = read_rope(config, {.theta = 1e6});
  nn::RopeSettings local = read_rope(config, {.theta = 1e4}, "sliding_attention");
  if (!keys.has("rope_parameters")) {  // transformers 4: rope_theta and rope_scaling are the global layers'
    local = nn::RopeSettings();
    local.dimensions = config.head_dim;
    local.theta = keys.number("rope_local_base_freq", 1, 1e12, 1e4);
  }
  settings.ropes = {global, local};
  for (LayerSettings& layer : settings.layers) layer.rope = layer.window > 0 ? 1 : 0;
  return settings;
}

}  // namespace etna
