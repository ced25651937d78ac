#include "engine/nn/rope.h"

#include <cmath>
#include <numbers>

#include "engine/base/error.h"

namespace etna::nn {

namespace {

/// Llama 3.1's rule: long waves are slowed down by `factor`, short ones kept, those between blended.
double llama3_frequency(double frequency, const RopeSettings& settings) {
  const double wavelength = 2 * std::numbers::pi / frequency;
  const double old = settings.original_max_position_embeddings;
  if (wavelength > old / settings.low_freq_factor) return frequency / settings.factor;
  if (wavelength < old / settings.high_freq_factor) return frequency;
  const double smooth = (old / wavelength - settings.low_freq_factor) / (settings.high_freq_factor - settings.low_freq_factor);
  return (1 - smooth) * frequency / settings.factor + smooth * frequency;
}

}  // namespace

std::vector<float> rope_frequencies(const RopeSettings& settings) {
  std::vector<float> frequencies;
  for (std::int64_t i = 0; i < settings.dimensions; i += 2) {
    double frequency = std::pow(settings.theta, -static_cast<double>(i) / static_cast<double>(settings.dimensions));
    if (settings.type == "llama3") frequency = llama3_frequency(frequency, settings);
    else if (settings.type == "linear") frequency /= settings.factor;
    else if (settings.type != "default") fail(Errc::unsupported, "rope_scaling: type '{}' is not known; default, linear and llama3 are", settings.type);
    frequencies.push_back(static_cast<float>(frequency));
  }
  return frequencies;
}

}  // namespace etna::nn
