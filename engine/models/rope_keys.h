#pragma once

#include "engine/io/model_config.h"
#include "engine/nn/rope.h"

namespace etna {

/// What a family takes for granted where its configuration is silent.
struct RopeDefaults {
  double theta = 10000;
  double rotated_share = 1;   ///< partial_rotary_factor
  std::int64_t head_dim = 0;  ///< elements of which the share rotates; 0: the configuration's head_dim
};

/// Reads rope_parameters (transformers 5: all in one object, or one for each kind of layer) or rope_theta and
/// rope_scaling (transformers 4). `layer_type` chooses among objects by kind. Throws corrupt and unsupported.
nn::RopeSettings read_rope(const ModelConfig& config, const RopeDefaults& defaults = {}, const char* layer_type = "full_attention");

}  // namespace etna
