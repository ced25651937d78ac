#include "engine/nn/linear.h"

#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"

namespace etna::nn {

namespace {

Array with_bias(const Array& y, const std::optional<Array>& bias) { return bias ? add(y, cast(*bias, y.dtype())) : y; }

}  // namespace

FloatLinear::FloatLinear(Array weight, std::optional<Array> bias)
    : Linear(weight.shape(1), weight.shape(0)), weight_(std::move(weight)), bias_(std::move(bias)) {}

Array FloatLinear::operator()(const Array& x) const { return with_bias(matmul(x, weight_, Transpose::yes), bias_); }

PackedLinear::PackedLinear(PackedArrays weight, PackedFormat format, std::optional<Array> bias)
    : Linear(format.row_weights(weight.weight.shape(1)), weight.weight.shape(0)),
      weight_(std::move(weight)),
      format_(format),
      bias_(std::move(bias)) {}

Array PackedLinear::operator()(const Array& x) const { return with_bias(quantized_matmul(x, weight_, format_), bias_); }

}  // namespace etna::nn
