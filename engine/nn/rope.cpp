#include "engine/nn/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/base/error.h"

namespace etna::nn {

namespace {

double wavelength(double frequency) { return 2 * std::numbers::pi / frequency; }

double base_frequency(double theta, std::int64_t pair, double dimensions) {
  return std::pow(theta, -2 * static_cast<double>(pair) / dimensions);
}

double llama3_frequency(double frequency, const RopeSettings& settings) {
  const double old = settings.original_max_position_embeddings;
  if (wavelength(frequency) > old / settings.low_freq_factor) return frequency / settings.factor;
  if (wavelength(frequency) < old / settings.high_freq_factor) return frequency;
  const double smooth = (old / wavelength(frequency) - settings.low_freq_factor) / (settings.high_freq_factor - settings.low_freq_factor);
  return (1 - smooth) * frequency / settings.factor + smooth * frequency;
}

/// YaRN: the pair whose wave turns `rotations` times in the trained length.
double correction_pair(double rotations, const RopeSettings& settings) {
  return static_cast<double>(settings.dimensions) * std::log(settings.original_max_position_embeddings / (rotations * 2 * std::numbers::pi)) /
         (2 * std::log(settings.theta));
}

/// Slow waves are stretched, quick ones kept, those between blended.
double yarn_frequency(double frequency, std::int64_t pair, const RopeSettings& settings) {
  double low = correction_pair(settings.beta_fast, settings), high = correction_pair(settings.beta_slow, settings);
  if (settings.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, static_cast<double>(settings.dimensions) - 1);
  if (low == high) high += 0.001;
  const double stretched = std::clamp((static_cast<double>(pair) - low) / (high - low), 0.0, 1.0);
  return frequency / settings.factor * stretched + frequency * (1 - stretched);
}

double dynamic_theta(const RopeSettings& settings, double length) {
  const double d = static_cast<double>(settings.dimensions);
  const double stretch = settings.factor * length / settings.original_max_position_embeddings - (settings.factor - 1);
  return settings.theta * std::pow(stretch, d / (d - 2));
}

const std::vector<double>& longrope_factors(const RopeSettings& settings, std::int64_t length) {
  const bool is_long = static_cast<double>(length) > settings.original_max_position_embeddings;
  const std::vector<double>& factors = is_long ? settings.long_factor : settings.short_factor;
  if (static_cast<std::int64_t>(factors.size()) != settings.dimensions / 2) {
    fail(Errc::corrupt, "rope_scaling: {} has {} numbers, half of the {} rotated elements are needed", is_long ? "long_factor" : "short_factor",
         factors.size(), settings.dimensions);
  }
  return factors;
}

/// YaRN's attention temperature. Source: arXiv:2309.00071, equation 22.
double mscale(double factor, double weight) { return factor <= 1 ? 1 : 0.1 * weight * std::log(factor) + 1; }

}  // namespace

RopeTable rope_table(const RopeSettings& settings, std::int64_t text_length) {
  const double trained = settings.original_max_position_embeddings;
  const double dimensions = static_cast<double>(settings.dimensions);
  const bool outgrown = static_cast<double>(text_length) > trained;
  RopeTable table;
  double theta = settings.theta;
  if (settings.type == "dynamic") {
    if (outgrown) theta = dynamic_theta(settings, static_cast<double>(text_length));
    table.longest = outgrown ? text_length : static_cast<std::int64_t>(trained);
  } else if (settings.type == "longrope" && !outgrown) {
    table.longest = static_cast<std::int64_t>(trained);
  }
  const auto rotating = static_cast<std::int64_t>(settings.rotated_share * dimensions / 2);
  for (std::int64_t pair = 0; pair < settings.dimensions / 2; ++pair) {
    double frequency = base_frequency(theta, pair, dimensions);
    if (settings.type == "llama3") frequency = llama3_frequency(frequency, settings);
    else if (settings.type == "yarn") frequency = yarn_frequency(frequency, pair, settings);
    else if (settings.type == "linear") frequency /= settings.factor;
    else if (settings.type == "longrope") frequency /= longrope_factors(settings, text_length)[static_cast<std::size_t>(pair)];
    else if (settings.type == "proportional") frequency = pair < rotating ? frequency / settings.factor : 0;
    else if (settings.type != "default" && settings.type != "dynamic") {
      fail(Errc::unsupported, "rope_scaling: type '{}' is not known; default, linear, dynamic, llama3, yarn, longrope and proportional are", settings.type);
    }
    if (!settings.divisors.empty()) frequency /= settings.divisors.at(static_cast<std::size_t>(pair));
    table.frequencies.push_back(static_cast<float>(frequency));
  }
  return table;
}

float rope_magnitude(const RopeSettings& settings) {
  if (settings.attention_factor) return static_cast<float>(*settings.attention_factor);
  if (settings.type == "longrope") {
    if (settings.factor <= 1) return 1;
    return static_cast<float>(std::sqrt(1 + std::log(settings.factor) / std::log(settings.original_max_position_embeddings)));
  }
  if (settings.type != "yarn") return 1;
  if (settings.mscale.value_or(0) != 0 && settings.mscale_all_dim.value_or(0) != 0) {
    return static_cast<float>(mscale(settings.factor, *settings.mscale) / mscale(settings.factor, *settings.mscale_all_dim));
  }
  return static_cast<float>(mscale(settings.factor, 1));
}

bool rereads_longer_texts(const RopeSettings& settings) { return settings.type == "longrope"; }

}  // namespace etna::nn
