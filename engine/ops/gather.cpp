#include "engine/ops/gather.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "engine/ops/view.h"

namespace etna {

Array take(const Array& table, const Array& indices) {
  if (table.rank() < 1 || table.shape(0) == 0) fail(Errc::invalid_argument, "take: a table of shape {}", to_string(table.shape()));
  if (indices.dtype() != DType::int32) fail(Errc::invalid_argument, "take: indices are {}, not int32", name(indices.dtype()));
  Shape shape = indices.shape();
  shape.insert(shape.end(), table.shape().begin() + 1, table.shape().end());
  return Array(shape, table.dtype(), std::make_shared<Take>(), {table, indices});
}

std::optional<Gradients> Take::gradient(const GradientCall& call) const {
  return Gradients{scatter_add(call.gradient, call.inputs[1], call.inputs[0].shape(0)), std::nullopt};
}

/// A product with a matrix of ones where an update goes to a row.
std::optional<Array> ScatterAdd::definition(std::span<const Array> inputs) const {
  const Array &updates = inputs[0], &indices = inputs[1];
  const std::int64_t count = indices.size();
  const Array last = Array::scalar(static_cast<float>(rows - 1), DType::int32);
  const Array inside =
      binary(BinaryKind::minimum, binary(BinaryKind::maximum, indices, Array::scalar(0, DType::int32)), last);
  const Array goes = binary(BinaryKind::equal, reshape(arange(rows), {rows, 1}), reshape(inside, {1, count}));
  Shape shape{rows};
  shape.insert(shape.end(), updates.shape().begin() + indices.rank(), updates.shape().end());
  const Array sums = matmul(cast(goes, DType::float32), reshape(updates, {count, element_count(shape) / rows}));
  return cast(reshape(sums, std::move(shape)), updates.dtype());
}

std::optional<Gradients> ScatterAdd::gradient(const GradientCall& call) const {
  return Gradients{take(call.gradient, call.inputs[1]), std::nullopt};
}

Array scatter_add(const Array& updates, const Array& indices, std::int64_t rows) {
  const bool fits = is_floating(updates.dtype()) && indices.dtype() == DType::int32 &&
                    updates.rank() >= indices.rank() && rows > 0 &&
                    std::equal(indices.shape().begin(), indices.shape().end(), updates.shape().begin());
  if (!fits) {
    fail(Errc::invalid_argument, "scatter_add: updates {} {}, indices {} {}, {} rows", name(updates.dtype()),
         to_string(updates.shape()), name(indices.dtype()), to_string(indices.shape()), rows);
  }
  Shape shape{rows};
  shape.insert(shape.end(), updates.shape().begin() + indices.rank(), updates.shape().end());
  return Array(std::move(shape), updates.dtype(), std::make_shared<ScatterAdd>(rows), {updates, indices});
}

std::optional<Array> TakeAlongLast::definition(std::span<const Array> inputs) const {
  const std::int64_t n = inputs[0].shape(-1), k = inputs[1].shape(-1), rows = inputs[0].size() / n;
  std::vector<std::int32_t> first(static_cast<std::size_t>(rows));
  for (std::size_t row = 0; row < first.size(); ++row) first[row] = static_cast<std::int32_t>(row) * static_cast<std::int32_t>(n);
  const Array places = add(reshape(inputs[1], {rows, k}), Array::from(first, {rows, 1}));
  return reshape(take(reshape(inputs[0], {rows * n}), places), inputs[1].shape());
}

Array take_along_last(const Array& x, const Array& indices) {
  const bool fits = x.rank() >= 1 && x.rank() == indices.rank() && std::equal(x.shape().begin(), x.shape().end() - 1, indices.shape().begin());
  if (!fits || x.size() == 0 || indices.dtype() != DType::int32) {
    fail(Errc::invalid_argument, "take_along_last: {} {} of {} {}; int32 with the same leading axes is expected", name(indices.dtype()),
         to_string(indices.shape()), name(x.dtype()), to_string(x.shape()));
  }
  return Array(indices.shape(), x.dtype(), std::make_shared<TakeAlongLast>(), {x, indices});
}

Array assign(const Array& state, const Array& value) {
  if (state.shape() != value.shape() || state.dtype() != value.dtype()) {
    fail(Errc::invalid_argument, "assign: {} {} to a state of {} {}", name(value.dtype()), to_string(value.shape()),
         name(state.dtype()), to_string(state.shape()));
  }
  return Array(state.shape(), state.dtype(), std::make_shared<Assign>(), {state, value});
}

Array ring_write(const Array& ring, const Array& value, const Array& position) {
  if (ring.rank() != 1 || ring.size() == 0 || value.size() != 1 || position.size() != 1 || ring.dtype() != DType::int32 ||
      value.dtype() != DType::int32 || position.dtype() != DType::int32) {
    fail(Errc::invalid_argument, "ring_write: ring {}, value {}, position {}, all int32 expected", to_string(ring.shape()),
         to_string(value.shape()), to_string(position.shape()));
  }
  return Array(ring.shape(), ring.dtype(), std::make_shared<RingWrite>(), {ring, value, position});
}

}  // namespace etna
