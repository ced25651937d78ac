#include "engine/ops/loss.h"

#include "engine/base/error.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/gather.h"
#include "engine/ops/reduce.h"
#include "engine/ops/softmax.h"
#include "engine/ops/view.h"

namespace etna {

namespace {

Array counts(const Array& targets) {
  return binary(BinaryKind::greater_equal, targets, Array::scalar(0, DType::int32));
}

void check(const char* operation, const Array& logits, const Array& targets) {
  const bool fits = logits.rank() == 2 && is_floating(logits.dtype()) && logits.shape(1) > 0 &&
                    targets.dtype() == DType::int32 && targets.shape() == Shape{logits.shape(0)};
  if (fits) return;
  fail(Errc::invalid_argument, "{}: logits are {} {}, targets {} {}; floating (R, n) and int32 (R) are expected",
       operation, name(logits.dtype()), to_string(logits.shape()), name(targets.dtype()), to_string(targets.shape()));
}

}  // namespace

std::optional<Array> CrossEntropy::definition(std::span<const Array> inputs) const {
  const Array x = cast(inputs[0], DType::float32), &targets = inputs[1];
  const std::int64_t rows = x.shape(0);
  const Array largest = maximum_along(x, -1, KeepAxis::yes);
  const Array total = sum(exponential(subtract(x, largest)), -1);
  const Array log_sum = add(unary(UnaryKind::logarithm, total), reshape(largest, {rows}));
  const Array inside = binary(BinaryKind::maximum, targets, Array::scalar(0, DType::int32));
  const Array right = reshape(take_along_last(x, reshape(inside, {rows, 1})), {rows});
  return where(counts(targets), subtract(log_sum, right), Array::scalar(0));
}

std::optional<Gradients> CrossEntropy::gradient(const GradientCall& call) const {
  return Gradients{cross_entropy_gradient(call.inputs[0], call.inputs[1], call.gradient), std::nullopt};
}

std::optional<Array> CrossEntropyGradient::definition(std::span<const Array> inputs) const {
  const Array &logits = inputs[0], &targets = inputs[1];
  const std::int64_t rows = logits.shape(0), n = logits.shape(1);
  const Array is_target = binary(BinaryKind::equal, reshape(arange(n), {1, n}), reshape(targets, {rows, 1}));
  const Array excess = subtract(softmax(cast(logits, DType::float32)), cast(is_target, DType::float32));
  const Array factors = where(counts(targets), inputs[2], Array::scalar(0));
  return cast(multiply(excess, reshape(factors, {rows, 1})), logits.dtype());
}

Array cross_entropy(const Array& logits, const Array& targets) {
  check("cross_entropy", logits, targets);
  return Array(targets.shape(), DType::float32, std::make_shared<CrossEntropy>(), {logits, targets});
}

Array cross_entropy_gradient(const Array& logits, const Array& targets, const Array& factors) {
  check("cross_entropy_gradient", logits, targets);
  if (factors.dtype() != DType::float32 || factors.shape() != targets.shape()) {
    fail(Errc::invalid_argument, "cross_entropy_gradient: factors are {} {}, expected float32 {}",
         name(factors.dtype()), to_string(factors.shape()), to_string(targets.shape()));
  }
  return Array(logits.shape(), logits.dtype(), std::make_shared<CrossEntropyGradient>(), {logits, targets, factors});
}

}  // namespace etna
