#include "engine/ops/top_k.h"

#include <cmath>

#include "engine/base/error.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/gather.h"
#include "engine/ops/reduce.h"
#include "engine/ops/softmax.h"
#include "engine/ops/view.h"

namespace etna {

namespace {

Array count(const Array& conditions, int axis) {
  return sum(cast(conditions, DType::int32), axis);
}

Shape chosen_shape(const char* operation, const Array& x, std::int64_t k) {
  if (!is_floating(x.dtype()) || x.rank() < 1 || k < 1 || k > x.shape(-1)) {
    fail(Errc::invalid_argument, "{}: {} of {} {}; floats and 1 to as many as a row has are expected", operation, k,
         name(x.dtype()), to_string(x.shape()));
  }
  Shape shape = x.shape();
  shape.back() = k;
  return shape;
}

}  // namespace

/// An element's rank is the number of those before it; place r of the output is the element of rank r.
std::optional<Array> TopKIndices::definition(std::span<const Array> inputs) const {
  const std::int64_t n = inputs[0].shape(-1), rows = inputs[0].size() / n;
  Array x = reshape(inputs[0], {rows, n});
  x = where(binary(BinaryKind::equal, x, x), x, Array::scalar(-INFINITY, x.dtype()));
  const Array mine = reshape(x, {rows, n, 1}), other = reshape(x, {rows, 1, n});
  const Array places = arange(n), first = binary(BinaryKind::less, reshape(places, {1, n}), reshape(places, {n, 1}));
  const Array tied = binary(BinaryKind::logical_and, binary(BinaryKind::equal, other, mine), reshape(first, {1, n, n}));
  const Array ranks = count(binary(BinaryKind::logical_or, binary(BinaryKind::greater, other, mine), tied), -1);
  const Array chosen = binary(BinaryKind::equal, reshape(ranks, {rows, 1, n}), reshape(arange(k), {1, k, 1}));
  const Array indices = sum(multiply(cast(chosen, DType::int32), reshape(places, {1, 1, n})), -1);
  Shape shape = inputs[0].shape();
  shape.back() = k;
  return reshape(indices, shape);
}

std::optional<Array> TopKSoftmax::definition(std::span<const Array> inputs) const {
  return softmax(take_along_last(inputs[0], top_k_indices(inputs[0], k)));
}

Array top_k_indices(const Array& x, std::int64_t k) {
  return Array(chosen_shape("top_k_indices", x, k), DType::int32, std::make_shared<TopKIndices>(k), {x});
}

Array top_k_softmax(const Array& x, std::int64_t k) {
  return Array(chosen_shape("top_k_softmax", x, k), x.dtype(), std::make_shared<TopKSoftmax>(k), {x});
}

}  // namespace etna
