#include "engine/models/families.h"

namespace etna {

namespace {

/// Both Coheres: attention and feed-forward beside each other behind one LayerNorm without bias, adjacent pairs rotate,
/// logits are scaled.
DecoderSettings any_cohere(const ModelConfig& config) {
  DecoderSettings settings = usual_decoder(config);
  settings.norm = {.kind = nn::NormKind::layer, .eps = static_cast<float>(config.keys.number("layer_norm_eps", 0, 1, 1e-5))};
  settings.attention.norm = settings.norm;
  settings.parallel = true;
  settings.names.norm_before_mlp = "";
  settings.tied_head = config.tie_word_embeddings.value_or(true);
  settings.logit_scale = static_cast<float>(config.keys.number("logit_scale", -1e6, 1e6, 0.0625));
  for (nn::RopeSettings& rope : settings.ropes) rope.adjacent_pairs = true;
  return settings;
}

}  // namespace

/// Command R. Source: transformers' modeling_cohere.
DecoderSettings cohere(const ModelConfig& config) {
  DecoderSettings settings = any_cohere(config);
  if (config.keys.boolean("use_qk_norm", false)) settings.attention.qk_norm = nn::QkNorm::per_each_head;
  return settings;
}

/// Three layers slide and rotate, the fourth sees all and does not rotate. Source: transformers' modeling_cohere2.
DecoderSettings cohere2(const ModelConfig& config) {
  DecoderSettings settings = any_cohere(config);
  const ConfigKeys& keys = config.keys;
  const auto pattern = static_cast<std::size_t>(keys.integer("sliding_window_pattern", 1, 1 << 20, keys.integer("_sliding_window_pattern", 1, 1 << 20, 4)));
  settings.layers = layers_by_type(config, [=](std::size_t i) { return (i + 1) % pattern != 0; });
  for (LayerSettings& layer : settings.layers) layer.rope = layer.window > 0 ? 0 : -1;
  return settings;
}

}  // namespace etna
