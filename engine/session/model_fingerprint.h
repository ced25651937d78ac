#pragma once

#include <filesystem>
#include <string>

#include "engine/io/model_config.h"
#include "engine/io/tensor_source.h"

namespace etna {

/// Tells models apart by what they compute, wherever their files lie: names, types and shapes of all tensors, and samples
/// of their bytes; of an adapter's folder (empty: none) everything that changes what the model computes. Contexts kept for
/// one model mean nothing to another. Throws what is wrong with the adapter's files.
std::string model_fingerprint(const ModelConfig& config, const TensorSource& tensors, const std::filesystem::path& adapter = {});

}  // namespace etna
