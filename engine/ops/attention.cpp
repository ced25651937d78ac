#include "engine/ops/attention.h"

#include "engine/base/error.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "engine/ops/rope.h"
#include "engine/ops/softmax.h"
#include "engine/ops/view.h"

namespace etna {

namespace {

void check_cache(const Array& cache, const Array& rows, const Array& offsets, const char* operation) {
  const bool fits = cache.rank() == 4 && rows.rank() == 4 && cache.shape(0) == rows.shape(0) && cache.shape(1) == rows.shape(2) &&
                    cache.shape(3) == rows.shape(3) && rows.shape(1) <= cache.shape(2) && cache.dtype() == rows.dtype();
  if (!fits) {
    fail(Errc::invalid_argument, "{}: a cache {} {} and rows {} {}", operation, name(cache.dtype()), to_string(cache.shape()),
         name(rows.dtype()), to_string(rows.shape()));
  }
  if (offsets.dtype() != DType::int32 || offsets.shape() != Shape{cache.shape(0)}) {
    fail(Errc::invalid_argument, "{}: offsets are {} {}, expected int32 ({})", operation, name(offsets.dtype()),
         to_string(offsets.shape()), cache.shape(0));
  }
}

}  // namespace

std::optional<Array> Attention::definition(std::span<const Array> inputs) const {
  const Array &q = inputs[0], &keys = inputs[1], &values = inputs[2];
  const std::int64_t batch = q.shape(0), length = q.shape(1), heads = q.shape(2), size = q.shape(3);
  const std::int64_t kv_heads = keys.shape(1), capacity = keys.shape(2), group = heads / kv_heads;

  // Rows of one key/value head: its group of query heads, each with all positions.
  const Array rows = reshape(permute(cast(q, DType::float32), {0, 2, 1, 3}), {batch, kv_heads, group * length, size});
  Array scores = multiply(matmul(rows, cast(keys, DType::float32), Transpose::yes), Array::scalar(scale));

  // visible(b, l, t): t <= offsets[b] + l
  const Array last = add(reshape(inputs[3], {batch, 1, 1}), reshape(arange(length), {1, length, 1}));
  const Array visible = binary(BinaryKind::less_equal, reshape(arange(capacity), {1, 1, capacity}), last);
  scores = where(reshape(visible, {batch, 1, 1, length, capacity}), reshape(scores, {batch, kv_heads, group, length, capacity}),
                 Array::scalar(-3.0e38f));
  const Array weights = reshape(softmax(scores), {batch, kv_heads, group * length, capacity});

  // Rows that were never written may hold anything, also NaN, which a weight of zero would not hide.
  const Array written = binary(BinaryKind::less, reshape(arange(capacity), {1, 1, capacity, 1}),
                               add(reshape(inputs[3], {batch, 1, 1, 1}), Array::scalar(static_cast<float>(length), DType::int32)));
  const Array safe = where(written, cast(values, DType::float32), Array::scalar(0));
  const Array mixed = reshape(matmul(weights, safe), {batch, heads, length, size});
  return cast(permute(mixed, {0, 2, 1, 3}), q.dtype());
}

Work Attention::work(std::span<const View> inputs, const View& output) const {
  // The whole capacity counts; a caller that knows the offsets scales.
  Work work = Op::work(inputs, output);
  work.flops = 4 * static_cast<std::uint64_t>(output.size() * inputs[1].shape[2]);
  return work;
}

Array attention(const Array& q, const Array& keys, const Array& values, const Array& offsets, float scale) {
  const bool fits = q.rank() == 4 && keys.rank() == 4 && is_floating(q.dtype()) && is_floating(keys.dtype()) && keys.shape() == values.shape() &&
                    keys.dtype() == values.dtype() && q.shape(0) == keys.shape(0) && q.shape(3) == keys.shape(3) &&
                    keys.shape(1) > 0 && q.shape(2) % keys.shape(1) == 0 && q.shape(1) <= keys.shape(2);
  if (!fits) {
    fail(Errc::invalid_argument, "attention: q {}, keys {}, values {}", to_string(q.shape()), to_string(keys.shape()), to_string(values.shape()));
  }
  if (offsets.dtype() != DType::int32 || offsets.shape() != Shape{q.shape(0)}) {
    fail(Errc::invalid_argument, "attention: offsets are {} {}, expected int32 ({})", name(offsets.dtype()), to_string(offsets.shape()), q.shape(0));
  }
  return Array(q.shape(), q.dtype(), std::make_shared<Attention>(scale), {q, keys, values, offsets});
}

Work CacheUpdate::work(std::span<const View> inputs, const View&) const {
  return {.bytes = 2 * inputs[1].bytes(), .flops = 0};
}

Array cache_update(const Array& cache, const Array& rows, const Array& offsets) {
  check_cache(cache, rows, offsets, "cache_update");
  return Array(cache.shape(), cache.dtype(), std::make_shared<CacheUpdate>(), {cache, rows, offsets});
}

std::optional<Array> RopeCacheUpdate::definition(std::span<const Array> inputs) const {
  return cache_update(inputs[0], rope(inputs[1], inputs[2], inputs[3]), inputs[2]);
}

Work RopeCacheUpdate::work(std::span<const View> inputs, const View&) const {
  return {.bytes = 2 * inputs[1].bytes(), .flops = 3 * static_cast<std::uint64_t>(inputs[1].size())};
}

Array rope_cache_update(const Array& cache, const Array& rows, const Array& offsets, const Array& frequencies) {
  check_cache(cache, rows, offsets, "rope_cache_update");
  rope(rows, offsets, frequencies);  // the same checks
  return Array(cache.shape(), cache.dtype(), std::make_shared<RopeCacheUpdate>(), {cache, rows, offsets, frequencies});
}

}  // namespace etna
