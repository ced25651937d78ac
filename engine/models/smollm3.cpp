#include "engine/base/error.h"
#include "engine/models/families.h"
#include "engine/models/rope_keys.h"

namespace etna {

/// Llama's blocks; every fourth layer does not rotate, and slides where sliding is on. Source: transformers' modeling_smollm3.
DecoderSettings smollm3(const ModelConfig& config) {
  DecoderSettings settings = usual_decoder(config);
  const ConfigKeys& keys = config.keys;
  settings.ropes = {read_rope(config, {.theta = 2e6})};
  settings.tied_head = config.tie_word_embeddings.value_or(true);
  const bool slides = keys.boolean("use_sliding_window", false) && read_window(keys) > 0;
  const std::vector<std::int64_t> rotated = keys.integers("no_rope_layers");  // 1: the layer rotates, whatever the name says
  const auto interval = static_cast<std::size_t>(keys.integer("no_rope_layer_interval", 1, 1 << 20, 4));
  if (!rotated.empty() && rotated.size() < settings.layers.size()) {
    fail(Errc::corrupt, "{}: no_rope_layers has {} entries for {} layers", config.file, rotated.size(), settings.layers.size());
  }
  const auto rotates = [&](std::size_t i) { return rotated.empty() ? (i + 1) % interval != 0 : rotated[i] != 0; };
  settings.layers = layers_by_type(config, [&](std::size_t i) { return slides && !rotates(i); });
  for (std::size_t i = 0; i < settings.layers.size(); ++i) {
    if (!rotates(i)) settings.layers[i].rope = -1;
  }
  return settings;
}

}  // namespace etna
