#pragma once

#include "engine/array/array.h"

namespace etna {

/// Inputs: x (T, k) or (T, S, k), w (E, n, k), indices int32 (T, S), bias (E, n) where there is one.
struct ExpertMatmul : OpOf<ExpertMatmul> {
  std::string name() const override { return "expert_matmul"; }

  std::optional<Array> definition(std::span<const Array> inputs) const override;
  Work work(std::span<const View> inputs, const View& output) const override;
};

/// Products with chosen experts of a mixture: y[t, s] = x[t] · w[indices[t, s]]ᵀ + bias[indices[t, s]].
///
/// x       (T, k)     floating: one row for all slots of a token; or (T, S, k): a row for each slot
/// w       (E, n, k)  floating, of any type
/// indices (T, S)     int32; one outside is the caller's error: kernels clamp it
/// bias    (E, n)     floating, or absent
/// returns (T, S, n)  type of x, accumulated in float32
///
/// Only experts that are chosen are read. Throws invalid_argument when the shapes do not fit.
Array expert_matmul(const Array& x, const Array& w, const Array& indices, const std::optional<Array>& bias = {});

/// Inputs: x (T, S, n), weights float32 (T, S), residual (T, n) of x's dtype where there is one.
struct CombineExperts : OpOf<CombineExperts> {
  std::string name() const override { return "combine_experts"; }

  std::optional<Array> definition(std::span<const Array> inputs) const override;
};

/// What chosen experts give, weighted and summed: y[t] = Σ_s weights[t, s] · x[t, s].
///
/// x       (T, S, n)  floating
/// weights (T, S)     float32
/// returns (T, n)     type of x, summed in float32
Array combine_experts(const Array& x, const Array& weights);

/// The same + residual (T, n).
Array combine_experts_residual(const Array& x, const Array& weights, const Array& residual);

}  // namespace etna
