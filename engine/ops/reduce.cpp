#include "engine/ops/reduce.h"

#include "engine/base/error.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/view.h"

namespace etna {

namespace {
constexpr const char* names[] = {"sum", "maximum_along", "minimum_along", "argmax"};
}

std::string Reduce::name() const { return names[static_cast<int>(kind)]; }

std::optional<Gradients> Reduce::gradient(const GradientCall& call) const {
  const Array& x = call.inputs[0];
  const auto along = [&](const Array& row) {
    Shape shape = row.shape();
    shape.push_back(1);
    return broadcast_to(reshape(row, shape), x.shape());
  };
  if (kind == ReduceKind::sum) return Gradients{along(call.gradient)};
  // Equal elements share it.
  const Array hits = cast(binary(BinaryKind::equal, x, along(call.output)), x.dtype());
  return Gradients{multiply(along(divide(call.gradient, sum(hits, -1))), hits)};
}

Array reduce(ReduceKind kind, const Array& x, int axis, KeepAxis keep) {
  const char* what = names[static_cast<int>(kind)];
  axis = normalize_axis(axis, x.shape(), what);
  if (!is_floating(x.dtype()) && x.dtype() != DType::int32) fail(Errc::invalid_argument, "{}: not defined for {}", what, name(x.dtype()));
  if (x.shape(axis) == 0 && kind != ReduceKind::sum) fail(Errc::invalid_argument, "{}: axis {} of {} is empty", what, axis, to_string(x.shape()));
  std::vector<int> axes;
  Shape outer;
  for (int i = 0; i < x.rank(); ++i) {
    if (i == axis) continue;
    axes.push_back(i);
    outer.push_back(x.shape(i));
  }
  axes.push_back(axis);
  const DType dtype = kind == ReduceKind::argmax ? DType::int32 : x.dtype();
  const Array last = axis == x.rank() - 1 ? x : permute(x, axes);
  const Array result(outer, dtype, std::make_shared<Reduce>(kind), {last});
  if (keep == KeepAxis::no) return result;
  outer.insert(outer.begin() + axis, 1);
  return reshape(result, outer);
}

Array mean(const Array& x, int axis, KeepAxis keep) {
  const auto count = static_cast<float>(x.shape(normalize_axis(axis, x.shape(), "mean")));
  return multiply(sum(x, axis, keep), Array::scalar(1 / count, x.dtype()));
}

}  // namespace etna
