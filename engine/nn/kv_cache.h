#pragma once

#include "engine/array/backend.h"
#include "engine/ops/attention.h"

namespace etna::nn {

/// What a layer's cache must hold.
struct CacheShape {
  std::int64_t kv_heads = 0;
  std::int64_t key_dim = 0;
  std::int64_t value_dim = 0;  ///< 0: as keys
  std::int64_t window = 0;     ///< > 0: queries never look further back, so older rows may be overwritten

  std::int64_t values() const { return value_dim > 0 ? value_dim : key_dim; }
};

/// How the caches of a model are kept; the same for all its layers.
struct KvCacheOptions {
  std::int64_t batch = 1;
  std::int64_t capacity = 0;          ///< positions of a row
  std::int64_t piece = 1;             ///< most positions written before they are read
  std::int64_t max_size = 0;          ///< > 0: layers without a window remember the first `keep` and max_size - keep others
  std::int64_t keep = 4;              ///< of max_size; less than it
  int key_bits = 0;                   ///< 4 or 8: packed; 0: `dtype`
  int value_bits = 0;
  int group_size = 64;                ///< of packed rows: 32 or 64
  DType dtype = DType::float32;
};

/// Keys and values of one layer, in memory for all positions that may be asked for: (B, Hkv, T, …) each. Plans write rows
/// in place. A layer without a window has a place for every position; one with a window has a ring of window + piece
/// places or a few more, where that is less.
struct KvCache {
  Array keys;
  Array values;
  CacheLayout key_layout;
  CacheLayout value_layout;
  std::int64_t window = 0;  ///< what a query sees at most, `keep` included; 0: everything

  /// Throws invalid_argument naming what does not fit (a head that is no multiple of the group), out_of_memory.
  static KvCache create(Backend& backend, OwnerId owner, const CacheShape& shape, const KvCacheOptions& options);

  /// What create() would take of the allocator.
  static std::uint64_t bytes(const CacheShape& shape, const KvCacheOptions& options);

  /// One entry of the batch, sharing the memory.
  KvCache row(std::int64_t index) const;

  std::int64_t places() const { return keys.shape(2); }

  /// Fills the first `count` places with those of a cache of other layout, whose places mean the same positions.
  void copy_from(const KvCache& other, std::int64_t count, Backend& backend) const;

  /// Whether a row that has held `written` positions since it was empty still has all that a query at `position` sees.
  bool holds(std::int64_t position, std::int64_t written) const;
};

/// Writes keys (B, L, Hkv, D) and values (B, L, Hkv, Dv) of positions offsets[b] …; the result is what attention reads.
KvCache cache_update(const KvCache& cache, const Array& keys, const Array& values, const Array& offsets);

/// Attention of ops/attention.h over a cache that cache_update returned.
Array attention(const Array& q, const KvCache& cache, const Array& offsets, const AttentionOptions& options);

}  // namespace etna::nn
