#pragma once

#include <string_view>

#include "engine/backend/vulkan/recorder.h"

namespace etna::vulkan {

/// Noise that turns the place of the largest logit into a sample.
struct PickNoise {
  const View& seed;
  const View& counter;
  float temperature;
};

/// Records argmax over one contiguous row by many workgroups, with noise when there is some.
void record_pick(Recorder& recorder, std::string_view family, const View& logits, const View& token,
                 const PickNoise* noise);

}  // namespace etna::vulkan
