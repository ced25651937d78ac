#pragma once

#include "engine/models/stored_weight.h"

namespace etna {

/// One linear layer of all experts as it will be loaded. Each list holds one tensor with the experts as its first axis,
/// or one tensor an expert, to be stacked.
struct StoredExperts {
  std::optional<PackedFormat> format;  ///< none: of a floating type
  std::vector<std::vector<StoredTensor>>
      parts;                       ///< of the weight (count, out, in); scales, biases as the format has them
  std::vector<StoredTensor> bias;  ///< (count, out); empty: none was asked for
};

/// Finds the experts of a mixture in whatever form a checkpoint keeps them. `path` names one stacked module, such as
/// "model.layers.0.mlp.experts.up_proj"; below "model.layers.0.mlp" these are known:
///
///   switch_mlp.up_proj, experts.up_proj             stacked modules in any form of WeightFinder (MLX, GGUF)
///   experts.7.up_proj, experts.7.w3                 one module an expert (Qwen, Mixtral), to be stacked
///   experts.gate_up_proj_blocks, ….down_proj_blocks gpt-oss in MXFP4: MLX's bytes; rows of gate and up alternate
///   experts.gate_up_proj, experts.down_proj         one tensor: gate and up one after the other; with
///                                                   gate_up_proj_bias gpt-oss's: (count, in, out), gate and up
///                                                   alternate
///
/// Throws not_found, corrupt or unsupported, naming file and tensor.
StoredExperts find_experts(const WeightFinder& finder, const std::string& path, std::int64_t count, std::int64_t in,
                           std::int64_t out, bool with_bias);

}  // namespace etna
