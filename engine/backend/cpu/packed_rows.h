#pragma once

#include <cstdint>

#include "engine/ops/cache.h"

namespace etna::cpu {

/// One row of a packed KV cache (CacheLayout), `size` values: codes of formats.md §2.2 for scale and bias as stored.
void pack_row(const CacheLayout& layout, const float* from, std::int64_t size, std::uint32_t* to);

/// `count` rows one after the other as floats.
void unpack_rows(const CacheLayout& layout, const std::uint32_t* from, std::int64_t count, std::int64_t size, float* to);

}  // namespace etna::cpu
