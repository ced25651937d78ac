#include "engine/ops/norm.h"

#include "engine/base/error.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/reduce.h"

namespace etna {

std::optional<Array> RmsNorm::definition(std::span<const Array> inputs) const {
  const Array x = cast(inputs[0], DType::float32);
  const Array mean_square = mean(unary(UnaryKind::square, x), -1, KeepAxis::yes);
  const Array factor = unary(UnaryKind::reciprocal_square_root, add(mean_square, Array::scalar(eps)));
  return cast(multiply(multiply(x, factor), cast(inputs[1], DType::float32)), inputs[0].dtype());
}

Array rms_norm(const Array& x, const Array& weight, float eps) {
  if (!is_floating(x.dtype()) || !is_floating(weight.dtype())) {
    fail(Errc::invalid_argument, "rms_norm: not defined for {} and {}", name(x.dtype()), name(weight.dtype()));
  }
  if (x.rank() < 1 || weight.shape() != Shape{x.shape(-1)}) {
    fail(Errc::invalid_argument, "rms_norm: weight has shape {}, x {}", to_string(weight.shape()), to_string(x.shape()));
  }
  return Array(x.shape(), x.dtype(), std::make_shared<RmsNorm>(eps), {x, weight});
}

}  // namespace etna
