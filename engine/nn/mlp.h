#pragma once

#include <memory>
#include <string>

#include "engine/nn/parameters.h"
#include "engine/ops/elementwise.h"

namespace etna::nn {

/// Names of a feed-forward layer's tensors below its path.
struct MlpNames {
  std::string gate = "gate_proj";  ///< empty: no gate
  std::string up = "up_proj";
  std::string down = "down_proj";
  std::string gate_up;  ///< one matrix, gate's rows first; empty: two
};

struct MlpSettings {
  std::int64_t hidden_size = 0;
  std::int64_t intermediate_size = 0;
  UnaryKind activation = UnaryKind::silu;
  Bias bias = Bias::none;
  MlpNames names;
};

/// down(activation(gate(x)) · up(x)), or without a gate down(activation(up(x))). Source: arXiv:2002.05202.
class Mlp {
public:
  Mlp(Parameters& parameters, const std::string& path, const MlpSettings& settings);
  Array operator()(const Array& x) const;

private:
  UnaryKind activation_;
  std::unique_ptr<Linear> gate_, up_, down_;  // no gate: null
};

}  // namespace etna::nn
