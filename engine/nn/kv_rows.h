#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/nn/kv_cache.h"

namespace etna::nn {

/// Positions begin … end - 1 of a text.
struct PositionRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;

  std::int64_t size() const { return end > begin ? end - begin : 0; }
  bool empty() const { return end <= begin; }

  friend PositionRange intersect(PositionRange a, PositionRange b) { return {std::max(a.begin, b.begin), std::min(a.end, b.end)}; }
  friend bool operator==(const PositionRange&, const PositionRange&) = default;
};

/// What is left of `ranges` (ascending, disjoint) without `taken`.
std::vector<PositionRange> without(const std::vector<PositionRange>& ranges, PositionRange taken);

/// How rows of one layer look, wherever they lie: rows of equal formats are copied byte by byte.
struct RowFormat {
  std::int64_t kv_heads = 0;
  std::int64_t key_size = 0;    ///< elements of a head
  std::int64_t value_size = 0;
  DType dtype = DType::float32; ///< of rows that are not packed
  int key_bits = 0;             ///< 0: not packed
  int value_bits = 0;
  int group_size = 64;          ///< of packed rows

  std::size_t key_bytes() const { return bytes(key_size, key_bits); }    ///< of one row
  std::size_t value_bytes() const { return bytes(value_size, value_bits); }

  /// Of `count` positions, all heads.
  std::size_t bytes_of(std::int64_t count) const { return static_cast<std::size_t>(kv_heads * count) * (key_bytes() + value_bytes()); }

  friend bool operator==(const RowFormat& a, const RowFormat& b) {
    const bool packed = a.key_bits != 0 || a.value_bits != 0, plain = a.key_bits == 0 || a.value_bits == 0;
    return a.kv_heads == b.kv_heads && a.key_size == b.key_size && a.value_size == b.value_size && a.key_bits == b.key_bits &&
           a.value_bits == b.value_bits && (!plain || a.dtype == b.dtype) && (!packed || a.group_size == b.group_size);
  }

private:
  std::size_t bytes(std::int64_t size, int bits) const {
    const CacheLayout layout{.bits = bits, .group_size = group_size};
    return static_cast<std::size_t>(layout.width(size)) * (bits == 0 ? size_of(dtype) : sizeof(std::uint32_t));
  }
};

RowFormat row_format(const KvCache& cache);

/// Rows of one entry of a batch (KvCache::row), which must have a place each and have been written: keys and values
/// (kv_heads, range.size(), row). Waits for what the backend computes.
void read_rows(const KvCache& cache, PositionRange range, std::span<std::byte> keys, std::span<std::byte> values);
void write_rows(const KvCache& cache, PositionRange range, std::span<const std::byte> keys, std::span<const std::byte> values);

/// Writes floating rows, keys and values (kv_heads, range.size(), size) of any floating type, as the cache keeps them:
/// packed, or rounded to its type.
void store_rows(const KvCache& cache, Backend& backend, PositionRange range, const Array& keys, const Array& values);

}  // namespace etna::nn
