#include "engine/nn/linear.h"

#include <numeric>
#include <vector>

#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "engine/ops/view.h"

namespace etna::nn {

namespace {

Array with_bias(const Array& y, const std::optional<Array>& bias) { return bias ? add(y, cast(*bias, y.dtype())) : y; }

Array row_indices(std::int64_t first, std::int64_t count) {
  std::vector<std::int32_t> indices(static_cast<std::size_t>(count));
  std::iota(indices.begin(), indices.end(), static_cast<std::int32_t>(first));
  return Array::from(indices, {count});
}

}  // namespace

FloatLinear::FloatLinear(Array weight, std::optional<Array> bias)
    : Linear(weight.shape(1), weight.shape(0)), weight_(std::move(weight)), bias_(std::move(bias)) {}

Array FloatLinear::operator()(const Array& x) const { return with_bias(matmul(x, weight_, Transpose::yes), bias_); }

Array FloatLinear::rows(std::int64_t first, std::int64_t count) const {
  return cast(slice(weight_, 0, first, first + count), DType::float32);
}

PackedLinear::PackedLinear(PackedArrays weight, PackedFormat format, std::optional<Array> bias)
    : Linear(format.row_weights(weight.weight.shape(1)), weight.weight.shape(0)),
      weight_(std::move(weight)),
      format_(format),
      bias_(std::move(bias)) {}

Array PackedLinear::operator()(const Array& x) const { return with_bias(quantized_matmul(x, weight_, format_), bias_); }

Array PackedLinear::rows(std::int64_t first, std::int64_t count) const {
  return dequantize_rows(weight_, format_, row_indices(first, count), DType::float32);
}

}  // namespace etna::nn
