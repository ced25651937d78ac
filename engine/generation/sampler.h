#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <span>
#include <vector>

namespace etna {

/// How the next token is drawn. Order: logit_bias, repetition, presence and frequency penalty on the logits; then, on
/// the probabilities at temperature 1, not renormalized in between: top_p, min_p, XTC, top_k; then temperature.
/// Source: mlx-lm's sample_utils; the meaning of every parameter is theirs.
struct SamplingParameters {
  double temperature = 1.0;  ///< 0: the most likely token (lowest id of equals), after the penalties, without filters

  double top_p =
      0.0;  ///< 0 and 1 are off; keeps ids whose probability, cumulated from the least likely up, is > 1 - top_p
  double min_p = 0.0;                   ///< keeps probabilities ≥ min_p · the largest; 0 is off
  std::int64_t min_tokens_to_keep = 1;  ///< so many survive min_p

  double xtc_probability = 0.0;                  ///< how often the most likely tokens are excluded; 0 is off
  double xtc_threshold = 0.1;                    ///< of the tokens above it only the least likely stays; at most 0.5
  std::vector<std::int32_t> xtc_special_tokens;  ///< never excluded

  std::int64_t top_k = 0;  ///< 0 is off

  std::map<std::int32_t, double> logit_bias;  ///< added to logits; -infinity forbids a token
  double repetition_penalty = 0.0;  ///< ids in the context: negative logits times it, others divided by it; 0 is off
  double presence_penalty = 0.0;    ///< subtracted once from ids in the context
  double frequency_penalty = 0.0;   ///< subtracted for each occurrence
  std::int64_t repetition_context_size = 20;  ///< how many of the last tokens count
  std::int64_t presence_context_size = 20;
  std::int64_t frequency_context_size = 20;

  /// Throws invalid_argument naming the parameter, its value and its range.
  void validate() const;
};

/// The tokens that may be drawn.
struct Distribution {
  std::vector<std::int32_t> ids;      ///< ascending
  std::vector<double> probabilities;  ///< of the same length, sum 1
};

/// What the next token is drawn from, in float64. `context` are the tokens so far, prompt included; xtc_probability
/// must be 0 or 1. Throws invalid_argument for wrong parameters, ids beyond the logits, and logits of which none is
/// finite or any is NaN or +infinity.
Distribution distribution(std::span<const float> logits, std::span<const std::int32_t> context,
                          const SamplingParameters& parameters);

/// Draws tokens. The same seed and the same logits give the same tokens on every machine. Not for several threads.
class Sampler {
public:
  /// Without a seed every sampler draws differently. Throws invalid_argument for wrong parameters.
  explicit Sampler(SamplingParameters parameters, std::optional<std::uint64_t> seed = std::nullopt);

  /// Throws corrupt when logits are NaN, +infinity, or none is finite: the model's arithmetic has failed.
  std::int32_t sample(std::span<const float> logits, std::span<const std::int32_t> context);

  const SamplingParameters& parameters() const { return parameters_; }

private:
  double uniform();  ///< in [0, 1)

  SamplingParameters parameters_;
  std::mt19937_64 random_;
  std::vector<float> logits_, weights_;
  std::vector<std::int32_t> ids_;
};

}  // namespace etna
