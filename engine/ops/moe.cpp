#include "engine/ops/moe.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/gather.h"
#include "engine/ops/matmul.h"
#include "engine/ops/reduce.h"
#include "engine/ops/view.h"

namespace etna {

namespace {

/// Rows of x one for each (token, slot): (T · S, k).
Array rows_of_slots(const Array& x, std::int64_t slots) {
  const std::int64_t tokens = x.shape(0), k = x.shape(-1);
  if (x.rank() == 3) return reshape(x, {tokens * slots, k});
  return reshape(broadcast_to(reshape(x, {tokens, 1, k}), {tokens, slots, k}), {tokens * slots, k});
}

void check_choice(const char* operation, const Array& x, const Array& indices) {
  const bool rows_fit = (x.rank() == 2 || x.rank() == 3) && indices.rank() == 2 && x.shape(0) == indices.shape(0) &&
                        (x.rank() == 2 || x.shape(1) == indices.shape(1));
  if (!rows_fit || !is_floating(x.dtype()) || indices.dtype() != DType::int32) {
    fail(Errc::invalid_argument,
         "{}: x is {} {}, indices are {} {}; x (T, k) or (T, S, k) and int32 (T, S) are expected", operation,
         name(x.dtype()), to_string(x.shape()), name(indices.dtype()), to_string(indices.shape()));
  }
}

Array combined(const Array& x, const Array& weights, const Array* residual) {
  if (x.rank() != 3 || !is_floating(x.dtype()) || weights.dtype() != DType::float32 ||
      weights.shape() != Shape{x.shape(0), x.shape(1)}) {
    fail(Errc::invalid_argument,
         "combine_experts: x is {} {}, weights are {} {}; x (T, S, n) and float32 (T, S) are expected", name(x.dtype()),
         to_string(x.shape()), name(weights.dtype()), to_string(weights.shape()));
  }
  const Shape shape{x.shape(0), x.shape(2)};
  std::vector<Array> inputs{x, weights};
  if (residual) {
    if (residual->shape() != shape || residual->dtype() != x.dtype()) {
      fail(Errc::invalid_argument, "combine_experts: the residual is {} {}, the sum {} {}", name(residual->dtype()),
           to_string(residual->shape()), name(x.dtype()), to_string(shape));
    }
    inputs.push_back(*residual);
  }
  return Array(shape, x.dtype(), std::make_shared<CombineExperts>(), std::move(inputs));
}

}  // namespace

std::optional<Array> ExpertMatmul::definition(std::span<const Array> inputs) const {
  const Array &x = inputs[0], &w = inputs[1], &indices = inputs[2];
  const std::int64_t tokens = indices.shape(0), slots = indices.shape(1), n = w.shape(1), k = w.shape(2);
  const Array flat = reshape(indices, {tokens * slots});
  const Array rows = cast(reshape(rows_of_slots(x, slots), {tokens * slots, 1, k}), DType::float32);
  Array y = reshape(matmul(rows, take(w, flat), Transpose::yes), {tokens, slots, n});
  if (inputs.size() > 3) y = add(y, cast(take(inputs[3], indices), DType::float32));
  return cast(y, x.dtype());
}

Work ExpertMatmul::work(std::span<const View> inputs, const View& output) const {
  const View &x = inputs[0], &w = inputs[1], &indices = inputs[2];
  const auto experts = static_cast<std::uint64_t>(std::max<std::int64_t>(w.shape[0], 1));
  const auto chosen = static_cast<std::uint64_t>(indices.size());
  return {.bytes = x.bytes() + output.bytes() + w.bytes() / experts * std::min(experts, chosen),
          .flops = 2 * chosen * static_cast<std::uint64_t>(w.shape[1] * w.shape[2])};
}

Array expert_matmul(const Array& x, const Array& w, const Array& indices, const std::optional<Array>& bias) {
  check_choice("expert_matmul", x, indices);
  if (w.rank() != 3 || w.shape(0) == 0 || !is_floating(w.dtype()) || w.shape(2) != x.shape(-1)) {
    fail(Errc::invalid_argument, "expert_matmul: the weight is {} {}, x has shape {}", name(w.dtype()),
         to_string(w.shape()), to_string(x.shape()));
  }
  std::vector<Array> inputs{x, w, indices};
  if (bias) {
    if (!is_floating(bias->dtype()) || bias->shape() != Shape{w.shape(0), w.shape(1)}) {
      fail(Errc::invalid_argument, "expert_matmul: the bias is {} {}, the weight has shape {}", name(bias->dtype()),
           to_string(bias->shape()), to_string(w.shape()));
    }
    inputs.push_back(*bias);
  }
  const Shape shape{indices.shape(0), indices.shape(1), w.shape(1)};
  return Array(shape, x.dtype(), std::make_shared<ExpertMatmul>(), std::move(inputs));
}

std::optional<Array> CombineExperts::definition(std::span<const Array> inputs) const {
  const Array &x = inputs[0], &weights = inputs[1];
  const Array scaled = multiply(cast(x, DType::float32), reshape(weights, {x.shape(0), x.shape(1), 1}));
  Array y = sum(scaled, 1);
  if (inputs.size() > 2) y = add(y, cast(inputs[2], DType::float32));
  return cast(y, x.dtype());
}

Array combine_experts(const Array& x, const Array& weights) {
  return combined(x, weights, nullptr);
}

Array combine_experts_residual(const Array& x, const Array& weights, const Array& residual) {
  return combined(x, weights, &residual);
}

}  // namespace etna
