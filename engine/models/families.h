#pragma once

#include "engine/models/model.h"

namespace etna {

/// Llama 1 to 3.x, Code Llama and what shares their blocks.
std::unique_ptr<Model> create_llama(const ModelConfig& config, nn::Parameters& parameters);

}  // namespace etna
