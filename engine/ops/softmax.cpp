#include "engine/ops/softmax.h"

#include "engine/base/error.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/reduce.h"

namespace etna {

std::optional<Array> Softmax::definition(std::span<const Array> inputs) const {
  const Array x = cast(inputs[0], DType::float32);
  const Array e = exponential(subtract(x, maximum_along(x, -1, KeepAxis::yes)));
  return cast(divide(e, sum(e, -1, KeepAxis::yes)), inputs[0].dtype());
}

std::optional<Gradients> Softmax::gradient(const GradientCall& call) const {
  const Array dy = cast(call.gradient, DType::float32), y = cast(call.output, DType::float32);
  const Array weighted = multiply(dy, y);
  return Gradients{cast(subtract(weighted, multiply(y, sum(weighted, -1, KeepAxis::yes))), call.output.dtype())};
}

Array softmax(const Array& x) {
  if (!is_floating(x.dtype()) || x.rank() < 1) {
    fail(Errc::invalid_argument, "softmax: not defined for {} {}", name(x.dtype()), to_string(x.shape()));
  }
  return Array(x.shape(), x.dtype(), std::make_shared<Softmax>(), {x});
}

}  // namespace etna
