#pragma once

#include "engine/array/array.h"

namespace etna {

/// Inputs: logits (R, n) floating, targets int32 (R). Output float32 (R).
struct CrossEntropy : OpOf<CrossEntropy> {
  std::string name() const override { return "cross_entropy"; }

  std::optional<Array> definition(std::span<const Array> inputs) const override;
  std::optional<Gradients> gradient(const GradientCall& call) const override;
};

/// What a softmax over logits costs where the right one is known: log Σ exp(logits[r]) - logits[r, targets[r]].
///
/// logits  (R, n)  floating, n > 0
/// targets (R)     int32; rows with a negative one count for nothing; one that is n or more is the caller's error:
///                 kernels clamp it
/// returns (R)     float32, computed in float32; 0 for rows that do not count
///
/// Throws invalid_argument where shapes or types do not fit.
Array cross_entropy(const Array& logits, const Array& targets);

/// Inputs: logits (R, n), targets int32 (R), factors float32 (R). Output (R, n) of logits' dtype.
struct CrossEntropyGradient : OpOf<CrossEntropyGradient> {
  std::string name() const override { return "cross_entropy_gradient"; }

  std::optional<Array> definition(std::span<const Array> inputs) const override;
};

/// factors[r] · ∂cross_entropy[r]/∂logits[r] = factors[r] · (softmax(logits[r]) - [target]).
Array cross_entropy_gradient(const Array& logits, const Array& targets, const Array& factors);

}  // namespace etna
