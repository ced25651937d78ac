#pragma once

#include <string>

#include "engine/io/adapter.h"
#include "engine/io/model_config.h"
#include "engine/io/tensor_source.h"

namespace etna {

/// Tells models apart by what they compute, wherever their files lie: names, types and shapes of all tensors, and samples
/// of their bytes; and the adapter on top, where there is one. Contexts kept for one model mean nothing to another.
std::string model_fingerprint(const ModelConfig& config, const TensorSource& tensors, const Adapter* adapter = nullptr);

}  // namespace etna
