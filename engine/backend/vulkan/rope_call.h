#pragma once

#include <string_view>

#include "engine/backend/vulkan/recorder.h"

namespace etna::vulkan {

/// Records the writing of rows (B, L, H, D), turned when there are frequencies, into a KV cache (B, H, T, D).
void record_cache_rows(Recorder& recorder, std::string_view family, const View& cache, const View& rows,
                       const View& offsets, const View* frequencies);

}  // namespace etna::vulkan
