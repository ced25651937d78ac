#pragma once

#include <string>

#include "engine/backend/vulkan/recorder.h"

namespace etna::vulkan {

/// What the map kernel does when it is no unary function: copy, or cast where the dtypes differ.
inline constexpr std::uint32_t map_convert = 1000;

/// parameter · tanh(x / parameter)
inline constexpr std::uint32_t map_softcap = 1001;

/// Records y = f(x) for views of one shape with any strides. `kind`: a UnaryKind or one of the above.
void record_map(Recorder& recorder, const std::string& name, std::uint32_t kind, const View& x, const View& y,
                float parameter = 0);

}  // namespace etna::vulkan
