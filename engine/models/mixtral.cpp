#include "engine/models/families.h"

namespace etna {

/// Mistral's blocks with a mixture of experts in each. Source: arXiv:2401.04088.
DecoderSettings mixtral(const ModelConfig& config) {
  DecoderSettings settings = mistral(config);
  const ConfigKeys& keys = config.keys;
  settings.names.mlp = "block_sparse_moe";
  settings.moe = nn::MoeSettings{.hidden_size = config.hidden_size,
                                 .intermediate_size = config.intermediate_size,
                                 .router = {.experts = keys.integer("num_local_experts", 1, 4096, 8),
                                            .chosen = keys.integer("num_experts_per_tok", 1, 4096, 2)}};
  for (LayerSettings& layer : settings.layers) layer.is_moe = true;
  return settings;
}

}  // namespace etna
