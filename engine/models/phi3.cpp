#include "engine/models/families.h"

namespace etna {

/// Llama's blocks with q, k, v and gate, up stored as one matrix each, long ropes. Source: arXiv:2404.14219.
DecoderSettings phi3(const ModelConfig& config) {
  DecoderSettings settings = mistral(config);
  settings.mlp.names.gate_up = "gate_up_proj";
  return settings;
}

}  // namespace etna
