#include "engine/models/families.h"

namespace etna {

namespace {

/// Layers from max_window_layers on slide, where the configuration turns sliding on.
std::vector<LayerSettings> qwen_layers(const ModelConfig& config) {
  const bool sliding = config.keys.boolean("use_sliding_window", false) && read_window(config.keys) > 0;
  const std::int64_t first = config.keys.integer("max_window_layers", 0, 1 << 20, 28);
  return layers_by_type(config, [=](std::size_t i) { return sliding && static_cast<std::int64_t>(i) >= first; });
}

}  // namespace

/// Llama's blocks with biases on q, k and v. Source: arXiv:2407.10671.
DecoderSettings qwen2(const ModelConfig& config) {
  DecoderSettings settings = usual_decoder(config);
  settings.attention.qkv_bias = nn::Bias::present;
  settings.attention.o_bias = nn::Bias::none;
  settings.layers = qwen_layers(config);
  return settings;
}

/// Llama's blocks with norms on the heads of q and k. Source: arXiv:2505.09388.
DecoderSettings qwen3(const ModelConfig& config) {
  DecoderSettings settings = usual_decoder(config);
  settings.attention.qk_norm = nn::QkNorm::per_head;
  settings.layers = qwen_layers(config);
  return settings;
}

}  // namespace etna
