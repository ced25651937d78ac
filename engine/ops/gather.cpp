#include "engine/ops/gather.h"

#include "engine/base/error.h"

namespace etna {

Array take(const Array& table, const Array& indices) {
  if (table.rank() < 1 || table.shape(0) == 0) fail(Errc::invalid_argument, "take: a table of shape {}", to_string(table.shape()));
  if (indices.dtype() != DType::int32) fail(Errc::invalid_argument, "take: indices are {}, not int32", name(indices.dtype()));
  Shape shape = indices.shape();
  shape.insert(shape.end(), table.shape().begin() + 1, table.shape().end());
  return Array(shape, table.dtype(), std::make_shared<Take>(), {table, indices});
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
