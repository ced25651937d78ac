#pragma once

#include <string>
#include <vector>

#include "engine/array/array.h"

namespace etna::nn {

/// How positions become angles; formats.md's table of RoPE types. Only what the type needs is read.
struct RopeSettings {
  std::string type = "default";
  std::int64_t dimensions = 0;  ///< elements of a head that rotate
  double theta = 10000;
  double factor = 1;
  double low_freq_factor = 1;
  double high_freq_factor = 4;
  double original_max_position_embeddings = 8192;
};

/// Angle per position of each pair: theta^(-2i/d), scaled as the type says. Throws unsupported for other types.
std::vector<float> rope_frequencies(const RopeSettings& settings);

}  // namespace etna::nn
