#pragma once

#include "engine/ops/rope.h"

namespace etna {

/// Where a KV cache (B, Hkv, T, width) keeps the row of a position, and how. The plain value: place = position, floating
/// elements.
///
/// Ring: positions below `keep` stay at their place, position p >= keep is at keep + (p - keep) mod (T - keep), over
/// the row that was there. Nothing is ever moved; who reads knows from the offsets which positions are there.
///
/// Packed rows are uint32: D · bits / 32 words of codes, code i in bits (i · bits) mod 32 … of word i · bits / 32, then
/// one word for each group of codes, its scale as float16 in the low half, its bias in the high half:
/// x = code · scale + bias. So a row is one run of words, and writing one touches no other.
struct CacheLayout {
  bool ring = false;
  std::int64_t keep = 0;
  int bits = 0;         ///< of a code: 4 or 8; 0: floating elements
  int group_size = 64;  ///< of packed rows: 32 or 64

  bool packed() const { return bits != 0; }

  /// Elements of a stored row (words of a packed one) of `size` values, and back.
  std::int64_t width(std::int64_t size) const { return packed() ? size * bits / 32 + size / group_size : size; }
  std::int64_t size(std::int64_t width) const { return packed() ? width * 32 * group_size / (bits * group_size + 32) : width; }

  /// The place of a position; outside 0 … places - 1 where the cache has none.
  std::int64_t place(std::int64_t position, std::int64_t places) const {
    return ring && position >= keep ? keep + (position - keep) % (places - keep) : position;
  }

  friend bool operator==(const CacheLayout&, const CacheLayout&) = default;
};

/// Throws invalid_argument naming `operation` where rows of `size` values cannot be stored so in `places` places.
void check_layout(const CacheLayout& layout, std::int64_t size, std::int64_t places, const char* operation);

/// Inputs: cache (B, Hkv, T, width), rows (B, L, Hkv, D) floating, offsets int32 (B). In place.
struct CacheUpdate : OpOf<CacheUpdate> {
  CacheLayout layout;
  explicit CacheUpdate(const CacheLayout& l) : layout(l) {}
  std::string name() const override { return "cache_update"; }
  bool in_place() const override { return true; }
  std::optional<Gradients> gradient(const GradientCall& call) const override;
  Work work(std::span<const View> inputs, const View& output) const override;
};

/// Writes rows of positions offsets[b] … offsets[b] + L - 1 into a KV cache, in place: the result is the cache's memory,
/// and what reads the result runs after the write. The cache must exist in memory (allocate_array) and may be a
/// slice of one along the first axis. Its elements have the type of rows, or are packed: then a group's codes come from
/// its scale and bias as stored (formats.md §2.2), so a row's words do not depend on what is written with it.
/// Without a ring offsets[b] + L <= T is the caller's duty: kernels drop rows outside.
Array cache_update(const Array& cache, const Array& rows, const Array& offsets, const CacheLayout& layout = {});

/// rope and cache_update in one step. Inputs: cache, rows (B, L, Hkv, D), offsets, frequencies. In place.
struct RopeCacheUpdate : OpOf<RopeCacheUpdate> {
  CacheLayout layout;
  Rope rotation;
  RopeCacheUpdate(const CacheLayout& l, const Rope& r) : layout(l), rotation(r) {}
  std::string name() const override { return "rope_cache_update"; }
  bool in_place() const override { return true; }
  std::optional<Array> definition(std::span<const Array> inputs) const override;
  Work work(std::span<const View> inputs, const View& output) const override;
};

Array rope_cache_update(const Array& cache, const Array& rows, const Array& offsets, const Array& frequencies,
                        const Rope& rotation = {}, const CacheLayout& layout = {});

/// Inputs: cache (B, Hkv, T, words) uint32.
struct UnpackCache : OpOf<UnpackCache> {
  CacheLayout layout;
  explicit UnpackCache(const CacheLayout& l) : layout(l) {}
  std::string name() const override { return "unpack_cache"; }
};

/// All places of a cache as they lie there, as float32 (B, Hkv, T, D). Places that were never written hold anything.
Array unpack_cache(const Array& cache, const CacheLayout& layout);

}  // namespace etna
