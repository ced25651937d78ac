#include "engine/generation/token_picker.h"

#include <cmath>
#include <limits>
#include <random>
#include <utility>

#include "engine/base/error.h"
#include "engine/ops/philox.h"

namespace etna {

namespace {

bool is_plain(const SamplingParameters& p) {
  const bool penalizes =
      !p.logit_bias.empty() || p.repetition_penalty != 0 || p.presence_penalty != 0 || p.frequency_penalty != 0;
  const bool filters = (p.top_p > 0 && p.top_p < 1) || p.top_k > 0 || p.min_p != 0 || p.xtc_probability > 0;
  // The inverse of a smaller temperature would overflow.
  constexpr double least_temperature = 1e-6;
  return !penalizes && (p.temperature == 0 || (p.temperature >= least_temperature && !filters));
}

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) ^ device();
}

}  // namespace

TokenPicker::TokenPicker(SamplingParameters parameters, std::optional<std::uint64_t> seed)
    : seed_(seed ? *seed : random_seed()), sampler_(std::move(parameters), seed_), device_can_pick_(is_plain(sampler_.parameters())) {}

std::int32_t TokenPicker::pick(std::span<const float> logits, std::span<const std::int32_t> text) {
  if (!device_can_pick_ || temperature() == 0) return sampler_.sample(logits, text);
  return draw(logits, static_cast<std::uint32_t>(text.size() - 1));  // the position of the token that was read last
}

/// sample_token on the host.
std::int32_t TokenPicker::draw(std::span<const float> logits, std::uint32_t counter) const {
  const auto low = static_cast<std::uint32_t>(seed_), high = static_cast<std::uint32_t>(seed_ >> 32);
  std::int32_t best = -1;
  float best_value = -std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < logits.size(); i += 4) {
    const PhiloxBlock words = philox({static_cast<std::uint32_t>(i / 4), counter, 0, 0}, low, high);
    for (std::size_t j = 0; j < 4 && i + j < logits.size(); ++j) {
      const float value = logits[i + j] / temperature() + gumbel(words[j]);
      if (!(value <= std::numeric_limits<float>::max())) fail(Errc::corrupt, "logits are not finite");
      if (value > best_value) {
        best_value = value;
        best = static_cast<std::int32_t>(i + j);
      }
    }
  }
  if (best < 0) fail(Errc::corrupt, "logits are not finite");
  return best;
}

}  // namespace etna
