#pragma once

#include "engine/nn/parameters.h"

namespace etna::nn {

/// down(silu(gate(x)) · up(x)). Source: arXiv:2002.05202.
class SwigluMlp {
public:
  /// Tensors path.{gate,up,down}_proj.
  SwigluMlp(Parameters& parameters, const std::string& path, std::int64_t hidden_size, std::int64_t intermediate_size, Bias bias);
  Array operator()(const Array& x) const;

private:
  std::unique_ptr<Linear> gate_, up_, down_;
};

}  // namespace etna::nn
