#include "engine/ops/attention_gradient.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/ops/attention_scores.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "engine/ops/reduce.h"
#include "engine/ops/view.h"

namespace etna {

namespace {

constexpr float unseen = -3.0e38f;

/// (B, L, H) as (B, Hkv, R, 1).
Array by_row(const Array& x, std::int64_t kv_heads) {
  return rows_of_kv_heads(reshape(x, {x.shape(0), x.shape(1), x.shape(2), 1}), kv_heads);
}

Work product_work(const Op& op, std::span<const View> inputs, const View& output, int products) {
  Work work = op.Op::work(inputs, output);
  const View &q = inputs[0], &values = inputs[2];
  const std::int64_t rows = q.shape[0] * q.shape[1] * q.shape[2];
  work.flops = 2 * static_cast<std::uint64_t>(products) *
               static_cast<std::uint64_t>(rows * values.shape[2] * std::max(q.shape[3], values.shape[3]));
  return work;
}

}  // namespace

std::optional<Array> AttentionLogSum::definition(std::span<const Array> inputs) const {
  const AttentionScores all = attention_scores(of, inputs);
  const std::int64_t kv_heads = all.keys.shape(1), length = inputs[0].shape(1);
  Array scores = where(all.visible, all.scores, Array::scalar(unseen));
  if (of.has_sinks) {
    const Array& q = inputs[0];
    const Array sinks =
        broadcast_to(reshape(cast(inputs[4], DType::float32), {1, 1, q.shape(2)}), {q.shape(0), length, q.shape(2)});
    scores = concatenate({scores, by_row(sinks, kv_heads)}, 3);
  }
  const Array largest = maximum_along(scores, -1, KeepAxis::yes);
  const Array total = sum(exponential(subtract(scores, largest)), -1, KeepAxis::yes);
  const Array log_sums = heads_of_positions(add(unary(UnaryKind::logarithm, total), largest), length);
  return reshape(log_sums, {log_sums.shape(0), length, log_sums.shape(2)});
}

Work AttentionLogSum::work(std::span<const View> inputs, const View& output) const {
  return product_work(*this, inputs, output, 1);
}

std::string AttentionGradient::name() const {
  return part == AttentionPart::queries ? "attention_gradient_queries" : "attention_gradient_keys";
}

std::optional<Array> AttentionGradient::definition(std::span<const Array> inputs) const {
  const AttentionScores all = attention_scores(of, inputs.first(4));
  const std::int64_t kv_heads = all.keys.shape(1);
  const Array dy = rows_of_kv_heads(cast(inputs[4], DType::float32), kv_heads);
  const Array weights =
      where(all.visible, exponential(subtract(all.scores, by_row(inputs[5], kv_heads))), Array::scalar(0));
  Array ds = multiply(weights, subtract(matmul(dy, all.values, Transpose::yes), by_row(inputs[6], kv_heads)));
  if (of.softcap > 0) {
    const Array bent = unary(UnaryKind::square, multiply(all.scores, Array::scalar(1 / of.softcap)));
    ds = multiply(ds, subtract(Array::scalar(1), bent));
  }
  ds = multiply(ds, Array::scalar(of.scale));
  if (part == AttentionPart::queries)
    return cast(heads_of_positions(matmul(ds, all.keys), inputs[0].shape(1)), inputs[0].dtype());
  const Array dk = matmul(transpose(ds, -1, -2), all.queries), dv = matmul(transpose(weights, -1, -2), dy);
  return cast(concatenate({dk, dv}, 3), inputs[1].dtype());
}

Work AttentionGradient::work(std::span<const View> inputs, const View& output) const {
  return product_work(*this, inputs, output, part == AttentionPart::queries ? 3 : 4);
}

Array attention_log_sum(const Attention& attention, std::span<const Array> inputs) {
  const Array& q = inputs[0];
  return Array({q.shape(0), q.shape(1), q.shape(2)}, DType::float32, std::make_shared<AttentionLogSum>(attention),
               {inputs.begin(), inputs.end()});
}

Array attention_gradient(const Attention& attention, AttentionPart part, std::span<const Array> inputs, const Array& dy,
                         const Array& log_sums, const Array& shares) {
  const Array &q = inputs[0], &keys = inputs[1], &values = inputs[2];
  if (attention.keys.packed() || attention.values.packed() || attention.keys.ring) {
    fail(Errc::unsupported, "attention_gradient: caches of packed rows and rings have no gradient");
  }
  const Shape rows{q.shape(0), q.shape(1), q.shape(2)}, wide{q.shape(0), q.shape(1), q.shape(2), values.shape(3)};
  const auto is_row = [&](const Array& x) { return x.dtype() == DType::float32 && x.shape() == rows; };
  if (dy.shape() != wide || dy.dtype() != q.dtype() || !is_row(log_sums) || !is_row(shares)) {
    fail(Errc::invalid_argument, "attention_gradient: dy {} {}, log sums {}, shares {}; q is {} {}, values {}",
         name(dy.dtype()), to_string(dy.shape()), to_string(log_sums.shape()), to_string(shares.shape()),
         name(q.dtype()), to_string(q.shape()), to_string(values.shape()));
  }
  Shape shape = q.shape();
  if (part == AttentionPart::keys_values) {
    shape = keys.shape();
    shape.back() += values.shape(3);
  }
  return Array(std::move(shape), part == AttentionPart::queries ? q.dtype() : keys.dtype(),
               std::make_shared<AttentionGradient>(attention, part),
               {q, keys, values, inputs[3], dy, log_sums, shares});
}

/// By the operations above. A sink takes weight exp(sink - log_sum) and gives nothing.
std::optional<Gradients> Attention::gradient(const GradientCall& call) const {
  const Array &q = call.inputs[0], &dy = call.gradient;
  const Array shares = sum(multiply(cast(dy, DType::float32), cast(call.output, DType::float32)), -1);
  std::vector<Array> inputs(call.inputs.begin(), call.inputs.end());
  inputs[0] = after(q, {shares});  // not before the gradient is there
  const Array log_sums = attention_log_sum(*this, inputs);
  const std::span<const Array> seen = std::span(call.inputs).first(4);
  Gradients gradients(call.inputs.size());
  if (call.wanted[0]) gradients[0] = attention_gradient(*this, AttentionPart::queries, seen, dy, log_sums, shares);
  if (call.wanted[1] || call.wanted[2]) {
    const Array both = attention_gradient(*this, AttentionPart::keys_values, seen, dy, log_sums, shares);
    const std::int64_t size = q.shape(3);
    gradients[1] = slice(both, 3, 0, size);
    gradients[2] = cast(slice(both, 3, size, both.shape(3)), call.inputs[2].dtype());
  }
  if (has_sinks && call.wanted[4]) {
    const Array sinks = reshape(cast(call.inputs[4], DType::float32), {1, 1, q.shape(2)});
    const Array taken = multiply(shares, exponential(subtract(sinks, log_sums)));
    gradients[4] = cast(unary(UnaryKind::negative, sum_to(taken, call.inputs[4].shape())), call.inputs[4].dtype());
  }
  return gradients;
}

}  // namespace etna
