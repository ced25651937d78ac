#include "engine/nn/kv_cache.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/ops/view.h"

namespace etna::nn {

namespace {

// Places of a ring are multiples of this.
constexpr std::int64_t ring_step = 64;

// Rows that may be taken back after they were written: tokens in flight, drafts.
constexpr std::int64_t shortest_piece = 64;

/// What one layer's arrays look like.
struct Plan {
  CacheLayout keys, values;
  Shape key_shape, value_shape;
  DType key_dtype, value_dtype;
  std::int64_t window = 0;
};

/// Sizes come from files and from users: no memory has so many elements, and sums of bytes stay far from wrapping.
void check_size(const Shape& shape) {
  constexpr std::int64_t most = std::int64_t{1} << 45;
  std::int64_t elements = 1;
  for (const std::int64_t size : shape) {
    if (__builtin_mul_overflow(elements, size, &elements) || elements > most) {
      fail(Errc::invalid_argument, "KV cache: {} elements for one layer are more than any memory holds", to_string(shape));
    }
  }
}

Plan plan(const CacheShape& shape, const KvCacheOptions& options) {
  Plan plan;
  if (options.max_size < 0 || (options.max_size > 0 && options.max_size <= options.keep)) {
    fail(Errc::invalid_argument, "KV cache: a size of {} does not hold more than the {} tokens it always keeps", options.max_size, options.keep);
  }
  const bool limited = shape.window == 0 && options.max_size > 0;
  plan.window = limited ? options.max_size : shape.window;
  std::int64_t places = options.capacity;
  if (plan.window > 0) {
    const std::int64_t wanted = plan.window + std::max(options.piece, shortest_piece) - 1;
    const std::int64_t ring = (wanted + ring_step - 1) / ring_step * ring_step;
    if (ring < places) {
      places = ring;
      plan.keys.ring = true;
    }
  }
  plan.keys.keep = limited ? options.keep : 0;
  plan.keys.group_size = options.group_size;
  plan.values = plan.keys;
  plan.keys.bits = options.key_bits;
  plan.values.bits = options.value_bits;
  check_layout(plan.keys, shape.key_dim, places, "KV cache");
  check_layout(plan.values, shape.values(), places, "KV cache");
  plan.key_shape = {options.batch, shape.kv_heads, places, plan.keys.width(shape.key_dim)};
  plan.value_shape = {options.batch, shape.kv_heads, places, plan.values.width(shape.values())};
  check_size(plan.key_shape);
  check_size(plan.value_shape);
  plan.key_dtype = plan.keys.packed() ? DType::uint32 : options.dtype;
  plan.value_dtype = plan.values.packed() ? DType::uint32 : options.dtype;
  return plan;
}

Array batch_row(const Array& cache, std::int64_t index) {
  View view = cache.view();
  view.shape[0] = 1;
  view.offset += static_cast<std::size_t>(index * view.strides[0]) * size_of(view.dtype);
  return Array(std::move(view));
}

}  // namespace

KvCache KvCache::create(Backend& backend, OwnerId owner, const CacheShape& shape, const KvCacheOptions& options) {
  const Plan layer = plan(shape, options);
  return {allocate_array(backend, layer.key_shape, layer.key_dtype, MemoryTag::kv_cache, owner),
          allocate_array(backend, layer.value_shape, layer.value_dtype, MemoryTag::kv_cache, owner), layer.keys, layer.values, layer.window};
}

std::uint64_t KvCache::bytes(const CacheShape& shape, const KvCacheOptions& options) {
  const Plan layer = plan(shape, options);
  const auto taken = [](const Shape& rows, DType dtype) {
    return allocated_bytes(static_cast<std::size_t>(element_count(rows)) * size_of(dtype));
  };
  return taken(layer.key_shape, layer.key_dtype) + taken(layer.value_shape, layer.value_dtype);
}

KvCache KvCache::row(std::int64_t index) const {
  KvCache one = *this;
  one.keys = batch_row(keys, index);
  one.values = batch_row(values, index);
  return one;
}

void KvCache::copy_from(const KvCache& other, std::int64_t count, Backend& backend) const {
  const auto rewritten = [&](const Array& target, CacheLayout layout, const Array& all) {
    layout.ring = false;  // from place to place
    const Array rows = slice(all, 2, 0, count);
    const Array start = Array::from(std::vector<std::int32_t>(static_cast<std::size_t>(rows.shape(0)), 0), {rows.shape(0)});
    return etna::cache_update(target, permute(rows, {0, 2, 1, 3}), start, layout);
  };
  const Array both[] = {rewritten(keys, key_layout, other.keys), rewritten(values, value_layout, other.values)};
  evaluate(both, backend);
}

bool KvCache::holds(std::int64_t position, std::int64_t written) const {
  if (!key_layout.ring || position == 0) return true;
  const std::int64_t keep = key_layout.keep;
  const std::int64_t oldest = written - (places() - keep);  // that is still there, of those behind `keep`
  return oldest <= std::max(keep, position - (window - keep) + 1);
}

KvCache cache_update(const KvCache& cache, const Array& keys, const Array& values, const Array& offsets) {
  KvCache updated = cache;
  updated.keys = cache_update(cache.keys, keys, offsets, cache.key_layout);
  updated.values = cache_update(cache.values, values, offsets, cache.value_layout);
  return updated;
}

Array attention(const Array& q, const KvCache& cache, const Array& offsets, const AttentionOptions& options) {
  // A layer's own window is its cache's too; a limit that the user set is the cache's alone.
  AttentionOptions both = options;
  if (both.window == 0) both.window = cache.window;
  if (cache.key_layout.ring && both.window > cache.window) {
    fail(Errc::invalid_argument, "attention: a window of {} over a cache that remembers {} positions", both.window, cache.window);
  }
  return attention(q, cache.keys, cache.values, offsets, both, cache.key_layout, cache.value_layout);
}

}  // namespace etna::nn
