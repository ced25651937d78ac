#include "engine/nn/mlp.h"

#include "engine/ops/elementwise.h"

namespace etna::nn {

SwigluMlp::SwigluMlp(Parameters& parameters, const std::string& path, std::int64_t hidden_size, std::int64_t intermediate_size, Bias bias)
    : gate_(parameters.linear(path + ".gate_proj", hidden_size, intermediate_size, bias)),
      up_(parameters.linear(path + ".up_proj", hidden_size, intermediate_size, bias)),
      down_(parameters.linear(path + ".down_proj", intermediate_size, hidden_size, bias)) {}

Array SwigluMlp::operator()(const Array& x) const { return (*down_)(silu_multiply((*gate_)(x), (*up_)(x))); }

}  // namespace etna::nn
