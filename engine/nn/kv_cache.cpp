#include "engine/nn/kv_cache.h"

namespace etna::nn {

namespace {

Array batch_row(const Array& cache, std::int64_t index) {
  View view = cache.view();
  view.shape[0] = 1;
  view.offset += static_cast<std::size_t>(index * view.strides[0]) * size_of(view.dtype);
  return Array(std::move(view));
}

}  // namespace

KvCache KvCache::create(Backend& backend, OwnerId owner, std::int64_t batch, std::int64_t kv_heads, std::int64_t capacity,
                        std::int64_t head_dim, DType dtype) {
  const Shape shape{batch, kv_heads, capacity, head_dim};
  return {allocate_array(backend, shape, dtype, MemoryTag::kv_cache, owner),
          allocate_array(backend, shape, dtype, MemoryTag::kv_cache, owner)};
}

std::uint64_t KvCache::bytes(std::int64_t batch, std::int64_t kv_heads, std::int64_t capacity, std::int64_t head_dim, DType dtype) {
  return 2 * static_cast<std::uint64_t>(batch * kv_heads * capacity * head_dim) * size_of(dtype);
}

KvCache KvCache::row(std::int64_t index) const { return {batch_row(keys, index), batch_row(values, index)}; }

}  // namespace etna::nn
