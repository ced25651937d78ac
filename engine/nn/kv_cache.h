#pragma once

#include "engine/array/array.h"
#include "engine/array/backend.h"

namespace etna::nn {

/// Keys and values of one layer, in memory for the whole context: (B, Hkv, T, D) each. Plans write rows in place.
struct KvCache {
  Array keys;
  Array values;

  static KvCache create(Backend& backend, OwnerId owner, std::int64_t batch, std::int64_t kv_heads, std::int64_t capacity,
                        std::int64_t head_dim, DType dtype);

  static std::uint64_t bytes(std::int64_t batch, std::int64_t kv_heads, std::int64_t capacity, std::int64_t head_dim, DType dtype);

  /// One entry of the batch, sharing the memory.
  KvCache row(std::int64_t index) const;

  std::int64_t capacity() const { return keys.shape(2); }
};

}  // namespace etna::nn
