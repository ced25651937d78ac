#include "engine/nn/experts.h"

#include "engine/ops/moe.h"

namespace etna::nn {

FloatExperts::FloatExperts(Array weight, std::optional<Array> bias)
    : Experts(weight.shape(0), weight.shape(2), weight.shape(1)), weight_(std::move(weight)), bias_(std::move(bias)) {}

Array FloatExperts::operator()(const Array& x, const Array& indices) const {
  return expert_matmul(x, weight_, indices, bias_);
}

}  // namespace etna::nn
