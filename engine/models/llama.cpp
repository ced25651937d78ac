#include "engine/models/families.h"

namespace etna {

/// Llama 1 to 3.x, Code Llama and what shares their blocks. Source: arXiv:2302.13971, 2407.21783.
DecoderSettings llama(const ModelConfig& config) { return usual_decoder(config); }

}  // namespace etna
