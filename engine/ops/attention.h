#pragma once

#include "engine/array/array.h"

namespace etna {

/// Inputs: q (B, L, H, D), keys and values (B, Hkv, T, D), offsets int32 (B).
struct Attention : OpOf<Attention> {
  float scale;
  explicit Attention(float s) : scale(s) {}
  std::string name() const override { return "attention"; }
  std::optional<Array> definition(std::span<const Array> inputs) const override;
  Work work(std::span<const View> inputs, const View& output) const override;
};

/// Causal scaled dot-product attention over a KV cache: query l of batch entry b sees keys 0 … offsets[b] + l.
///
/// q            (B, L, H, D)     floating
/// keys, values (B, Hkv, T, D)   floating; H is a multiple of Hkv; rows beyond offsets[b] + L are never read
/// offsets      (B)              int32: keys that were in the cache before these L; offsets[b] + L <= T
/// returns      (B, L, H, D)     type of q; scores and sums in float32
Array attention(const Array& q, const Array& keys, const Array& values, const Array& offsets, float scale);

/// Inputs: cache (B, Hkv, T, D), rows (B, L, Hkv, D), offsets int32 (B). In place.
struct CacheUpdate : OpOf<CacheUpdate> {
  std::string name() const override { return "cache_update"; }
  bool in_place() const override { return true; }
  Work work(std::span<const View> inputs, const View& output) const override;
};

/// Writes rows to positions offsets[b] … offsets[b] + L - 1 of a KV cache, in place: the result is the cache's memory,
/// and what reads the result runs after the write. The cache must exist in memory (allocate_array) and may be a
/// slice of one along the first axis. offsets[b] + L <= T is the caller's duty: kernels drop rows outside.
Array cache_update(const Array& cache, const Array& rows, const Array& offsets);

/// rope and cache_update in one step. Inputs: cache, rows (B, L, Hkv, D), offsets, frequencies. In place.
struct RopeCacheUpdate : OpOf<RopeCacheUpdate> {
  std::string name() const override { return "rope_cache_update"; }
  bool in_place() const override { return true; }
  std::optional<Array> definition(std::span<const Array> inputs) const override;
  Work work(std::span<const View> inputs, const View& output) const override;
};

Array rope_cache_update(const Array& cache, const Array& rows, const Array& offsets, const Array& frequencies);

}  // namespace etna
