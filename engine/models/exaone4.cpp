#include "engine/models/families.h"

namespace etna {

namespace {

/// "LLLG" in older files: L slides, G sees all; a number: every n-th layer sees all.
std::function<bool(std::size_t)> pattern(const ModelConfig& config) {
  const ConfigKeys& keys = config.keys;
  if (read_window(keys) == 0) return [](std::size_t) { return false; };
  const auto last = static_cast<std::size_t>(config.num_hidden_layers) - 1;  // letters never make it slide
  const std::string letters = keys.is_text("sliding_window_pattern") ? keys.text("sliding_window_pattern", "") : "";
  if (!letters.empty()) return [=](std::size_t i) { return i != last && letters[i % letters.size()] == 'L'; };
  const auto every = static_cast<std::size_t>(keys.integer("sliding_window_pattern", 1, 1 << 20, 4));
  return [=](std::size_t i) { return (i + 1) % every != 0; };
}

}  // namespace

/// OLMo 2's blocks with norms on the heads of q and k; layers that see all do not rotate where others slide.
/// Source: arXiv:2507.11407.
DecoderSettings exaone4(const ModelConfig& config) {
  DecoderSettings settings = olmo2(config);
  settings.attention.qk_norm = nn::QkNorm::per_head;
  settings.layers = layers_by_type(config, pattern(config));
  if (read_window(config.keys) > 0) {
    for (LayerSettings& layer : settings.layers) layer.rope = layer.window > 0 ? 0 : -1;
  }
  return settings;
}

}  // namespace etna
