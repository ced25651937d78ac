#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/generation/sampler.h"

namespace etna {

/// Picks the tokens of one answer, wherever its logits are: decoding on the device, decoding on the host, in batches and
/// with drafts all give the same tokens for the same seed and logits.
///
/// Without filters and penalties a draw depends on the seed and the length of the text alone (sample_token of
/// ops/random.h), so that a device can do it. Otherwise draws follow each other in the order of calls: one a token.
class TokenPicker {
public:
  /// Without a seed every picker draws differently. Throws invalid_argument for wrong parameters.
  explicit TokenPicker(SamplingParameters parameters, std::optional<std::uint64_t> seed = std::nullopt);

  /// The token after `text`, the whole of it: prompt and answer. Throws corrupt for logits that are no numbers.
  std::int32_t pick(std::span<const float> logits, std::span<const std::int32_t> text);

  /// Whether a device picks the same by itself, given temperature and seed.
  bool device_can_pick() const { return device_can_pick_; }

  float temperature() const { return static_cast<float>(sampler_.parameters().temperature); }
  std::uint64_t seed() const { return seed_; }

private:
  std::int32_t draw(std::span<const float> logits, std::uint32_t counter) const;

  std::uint64_t seed_;
  Sampler sampler_;
  bool device_can_pick_;
};

}  // namespace etna
