#include "engine/ops/attention.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/ops/attention_scores.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "engine/ops/softmax.h"
#include "engine/ops/view.h"

namespace etna {

namespace {

Array number(std::int64_t value) { return Array::scalar(static_cast<float>(value), DType::int32); }

/// int32 (B, 1, T): the position whose row a place holds once `length` rows after the offsets are written; below 0 where
/// it holds none. Of all positions of a place, a ring keeps the last that was written.
Array held_positions(const Array& offsets, std::int64_t length, std::int64_t places, const CacheLayout& layout) {
  const Array place = reshape(arange(places), {1, 1, places});
  const Array written = add(reshape(offsets, {offsets.shape(0), 1, 1}), number(length));
  Array position = add(place, subtract(written, written));
  if (layout.ring) {
    const std::int64_t ring = places - layout.keep;
    // Rounds of the ring before the last row of this place: floor((written - 1 - place) / ring), far from a rounding error.
    const Array behind = add(cast(subtract(written, add(place, number(1))), DType::float32), Array::scalar(0.5f));
    const Array rounds = cast(unary(UnaryKind::floor, divide(behind, Array::scalar(static_cast<float>(ring)))), DType::int32);
    const Array turned = add(place, binary(BinaryKind::multiply, rounds, number(ring)));
    position = where(binary(BinaryKind::less, position, number(layout.keep)), position,
                     where(binary(BinaryKind::less, turned, number(layout.keep)), number(-1), turned));
  }
  return where(binary(BinaryKind::less, position, written), position, number(-1));
}

Array floats_of(const Array& cache, const CacheLayout& layout) {
  return layout.packed() ? unpack_cache(cache, layout) : cast(cache, DType::float32);
}

bool fits_together(const Array& q, const Array& keys, const Array& values, const CacheLayout& key_layout, const CacheLayout& value_layout) {
  const auto stored = [](const Array& cache, const CacheLayout& layout) {
    return cache.rank() == 4 && (layout.packed() ? cache.dtype() == DType::uint32 : is_floating(cache.dtype()));
  };
  return q.rank() == 4 && is_floating(q.dtype()) && stored(keys, key_layout) && stored(values, value_layout) &&
         q.shape(0) == keys.shape(0) && keys.shape(3) == key_layout.width(q.shape(3)) && keys.shape(1) > 0 &&
         q.shape(2) % keys.shape(1) == 0 && std::equal(keys.shape().begin(), keys.shape().end() - 1, values.shape().begin()) &&
         values.shape(3) == value_layout.width(value_layout.size(values.shape(3))) && q.shape(1) <= keys.shape(2);
}

void check_ring(const Attention& op, const Array& q, const Array& keys) {
  if (op.keys.ring != op.values.ring || op.keys.keep != op.values.keep) {
    fail(Errc::invalid_argument, "attention: keys and values lie in different rings");
  }
  if (op.window < 0 || (op.window > 0 && op.window <= op.keys.keep)) {
    fail(Errc::invalid_argument, "attention: a window of {} with {} kept positions", op.window, op.keys.keep);
  }
  if (op.keys.ring && (op.window == 0 || op.window + q.shape(1) - 1 > keys.shape(2))) {
    fail(Errc::invalid_argument, "attention: {} queries with a window of {} do not fit a ring of {} places", q.shape(1), op.window, keys.shape(2));
  }
}

}  // namespace

Array rows_of_kv_heads(const Array& x, std::int64_t kv_heads) {
  return reshape(permute(x, {0, 2, 1, 3}), {x.shape(0), kv_heads, x.shape(2) / kv_heads * x.shape(1), x.shape(3)});
}

Array heads_of_positions(const Array& rows, std::int64_t length) {
  const std::int64_t heads = rows.shape(1) * rows.shape(2) / length;
  return permute(reshape(rows, {rows.shape(0), heads, length, rows.shape(3)}), {0, 2, 1, 3});
}

AttentionScores attention_scores(const Attention& op, std::span<const Array> inputs) {
  const Array &q = inputs[0], &offsets = inputs[3];
  const std::int64_t batch = q.shape(0), length = q.shape(1), heads = q.shape(2);
  const std::int64_t kv_heads = inputs[1].shape(1), places = inputs[1].shape(2), group = heads / kv_heads;

  // Rows that were never written may hold anything, also NaN, which a weight of zero would not hide.
  const Array held = held_positions(offsets, length, places, op.keys);
  const Array written = reshape(binary(BinaryKind::greater_equal, held, number(0)), {batch, 1, places, 1});
  const auto safe = [&](const Array& rows) { return where(written, rows, Array::scalar(0)); };
  const Array keys = safe(floats_of(inputs[1], op.keys)), values = safe(floats_of(inputs[2], op.values));

  const Array rows = rows_of_kv_heads(cast(q, DType::float32), kv_heads);
  Array scores = multiply(matmul(rows, keys, Transpose::yes), Array::scalar(op.scale));
  if (op.softcap > 0) {
    scores = multiply(unary(UnaryKind::hyperbolic_tangent, divide(scores, Array::scalar(op.softcap))),
                      Array::scalar(op.softcap));
  }

  const Array position = add(reshape(offsets, {batch, 1, 1}), reshape(arange(length), {1, length, 1}));
  const auto both = [](const Array& a, const Array& b) { return binary(BinaryKind::logical_and, a, b); };
  Array visible = both(binary(BinaryKind::greater_equal, held, number(0)), binary(BinaryKind::less_equal, held, position));
  if (op.window > 0) {
    const Array near = binary(BinaryKind::less, subtract(position, held), number(op.window - op.keys.keep));
    visible = both(visible, binary(BinaryKind::logical_or, near, binary(BinaryKind::less, held, number(op.keys.keep))));
  }
  visible = broadcast_to(reshape(visible, {batch, 1, 1, length, places}), {batch, kv_heads, group, length, places});
  return {rows, keys, values, scores, reshape(visible, scores.shape())};
}

std::optional<Array> Attention::definition(std::span<const Array> inputs) const {
  const Array& q = inputs[0];
  const AttentionScores all = attention_scores(*this, inputs);
  const std::int64_t batch = q.shape(0), length = q.shape(1), heads = q.shape(2);
  const std::int64_t kv_heads = all.keys.shape(1), places = all.keys.shape(2), group = heads / kv_heads;
  Array scores = where(all.visible, all.scores, Array::scalar(-3.0e38f));
  if (has_sinks) {
    const Array sinks = reshape(cast(inputs[4], DType::float32), {1, kv_heads, group, 1, 1});
    const Array column = broadcast_to(sinks, {batch, kv_heads, group, length, 1});
    scores = concatenate({scores, reshape(column, {batch, kv_heads, group * length, 1})}, 3);
  }
  const Array weights = slice(softmax(scores), 3, 0, places);
  return cast(heads_of_positions(matmul(weights, all.values), length), q.dtype());
}

Work Attention::work(std::span<const View> inputs, const View& output) const {
  // All places count; a caller that knows the offsets scales.
  Work work = Op::work(inputs, output);
  const std::int64_t rows = output.size() / std::max<std::int64_t>(output.shape[3], 1);
  work.flops = 2 * static_cast<std::uint64_t>(rows * inputs[1].shape[2] * (inputs[0].shape[3] + output.shape[3]));
  return work;
}

Array attention(const Array& q, const Array& keys, const Array& values, const Array& offsets, const AttentionOptions& options,
                const CacheLayout& key_layout, const CacheLayout& value_layout) {
  if (!fits_together(q, keys, values, key_layout, value_layout)) {
    fail(Errc::invalid_argument, "attention: q {} {}, keys {} {}, values {} {}", name(q.dtype()), to_string(q.shape()), name(keys.dtype()),
         to_string(keys.shape()), name(values.dtype()), to_string(values.shape()));
  }
  check_layout(key_layout, q.shape(3), keys.shape(2), "attention");
  check_layout(value_layout, value_layout.size(values.shape(3)), values.shape(2), "attention");
  if (offsets.dtype() != DType::int32 || offsets.shape() != Shape{q.shape(0)}) {
    fail(Errc::invalid_argument, "attention: offsets are {} {}, expected int32 ({})", name(offsets.dtype()), to_string(offsets.shape()), q.shape(0));
  }
  auto op = std::make_shared<Attention>();
  op->scale = options.scale;
  op->window = options.window;
  op->softcap = options.softcap;
  op->has_sinks = options.sinks.has_value();
  op->keys = key_layout;
  op->values = value_layout;
  check_ring(*op, q, keys);
  std::vector<Array> inputs{q, keys, values, offsets};
  if (options.sinks) {
    if (!is_floating(options.sinks->dtype()) || options.sinks->shape() != Shape{q.shape(2)}) {
      fail(Errc::invalid_argument, "attention: sinks are {} {}, expected floating ({})", name(options.sinks->dtype()),
           to_string(options.sinks->shape()), q.shape(2));
    }
    inputs.push_back(*options.sinks);
  }
  return Array({q.shape(0), q.shape(1), q.shape(2), value_layout.size(values.shape(3))}, q.dtype(), std::move(op), std::move(inputs));
}

}  // namespace etna
