#include "engine/nn/experts.h"

#include "engine/ops/moe.h"

namespace etna::nn {

FloatExperts::FloatExperts(Array weight, std::optional<Array> bias)
    : Experts(weight.shape(0), weight.shape(2), weight.shape(1)), weight_(std::move(weight)), bias_(std::move(bias)) {}

Array FloatExperts::operator()(const Array& x, const Array& indices) const {
  return expert_matmul(x, weight_, indices, bias_);
}

PackedExperts::PackedExperts(PackedArrays weight, PackedFormat format, std::optional<Array> bias)
    : Experts(weight.weight.shape(0), format.row_weights(weight.weight.shape(2)), weight.weight.shape(1)),
      weight_(std::move(weight)),
      format_(format),
      bias_(std::move(bias)) {}

Array PackedExperts::operator()(const Array& x, const Array& indices) const {
  return expert_matmul(x, weight_, format_, indices, bias_);
}

}  // namespace etna::nn
