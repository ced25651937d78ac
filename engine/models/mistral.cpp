#include "engine/models/families.h"

namespace etna {

/// Llama's blocks, every layer behind the same window. Source: arXiv:2310.06825.
DecoderSettings mistral(const ModelConfig& config) {
  DecoderSettings settings = usual_decoder(config);
  const bool slides = read_window(config.keys) > 0;
  settings.layers = layers_by_type(config, [&](std::size_t) { return slides; });
  return settings;
}

}  // namespace etna
