#include "engine/nn/linear.h"

#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "engine/ops/view.h"

namespace etna::nn {

namespace {

Array with_bias(const Array& y, const std::optional<Array>& bias) { return bias ? add(y, cast(*bias, y.dtype())) : y; }

std::optional<Array> slice_rows(const std::optional<Array>& array, std::int64_t first, std::int64_t count) {
  return array ? std::optional(slice(*array, 0, first, first + count)) : std::nullopt;
}

}  // namespace

FloatLinear::FloatLinear(Array weight, std::optional<Array> bias)
    : Linear(weight.shape(1), weight.shape(0)), weight_(std::move(weight)), bias_(std::move(bias)) {}

Array FloatLinear::operator()(const Array& x) const { return with_bias(matmul(x, weight_, Transpose::yes), bias_); }

std::unique_ptr<Linear> FloatLinear::rows(std::int64_t first, std::int64_t count) const {
  return std::make_unique<FloatLinear>(slice(weight_, 0, first, first + count), slice_rows(bias_, first, count));
}

PackedLinear::PackedLinear(PackedArrays weight, PackedFormat format, std::optional<Array> bias)
    : Linear(format.row_weights(weight.weight.shape(1)), weight.weight.shape(0)),
      weight_(std::move(weight)),
      format_(format),
      bias_(std::move(bias)) {}

Array PackedLinear::operator()(const Array& x) const { return with_bias(quantized_matmul(x, weight_, format_), bias_); }

std::unique_ptr<Linear> PackedLinear::rows(std::int64_t first, std::int64_t count) const {
  PackedArrays part{slice(weight_.weight, 0, first, first + count), slice_rows(weight_.scales, first, count),
                    slice_rows(weight_.biases, first, count)};
  return std::make_unique<PackedLinear>(std::move(part), format_, slice_rows(bias_, first, count));
}

}  // namespace etna::nn
