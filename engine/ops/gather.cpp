#include "engine/ops/gather.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/view.h"

namespace etna {

Array take(const Array& table, const Array& indices) {
  if (table.rank() < 1 || table.shape(0) == 0) fail(Errc::invalid_argument, "take: a table of shape {}", to_string(table.shape()));
  if (indices.dtype() != DType::int32) fail(Errc::invalid_argument, "take: indices are {}, not int32", name(indices.dtype()));
  Shape shape = indices.shape();
  shape.insert(shape.end(), table.shape().begin() + 1, table.shape().end());
  return Array(shape, table.dtype(), std::make_shared<Take>(), {table, indices});
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
