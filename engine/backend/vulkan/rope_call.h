#pragma once

#include <string_view>

#include "engine/backend/vulkan/recorder.h"
#include "engine/ops/cache.h"

namespace etna::vulkan {

/// How rows turn on their way.
struct Turn {
  const View& frequencies;
  const Rope& op;
};

/// Records the writing of rows (B, L, H, D), turned or not, into a KV cache (B, H, T, width).
void record_cache_rows(Recorder& recorder, std::string_view family, const View& cache, const View& rows,
                       const View& offsets, const CacheLayout& layout, const Turn* turn);

}  // namespace etna::vulkan
