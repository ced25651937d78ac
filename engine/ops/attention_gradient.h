#pragma once

#include "engine/ops/attention.h"

namespace etna {

/// log Σ exp(score) of what each query sees, a sink included: all that attention's backward pass needs of its softmax.
/// Inputs: those of attention. Output float32 (B, L, H).
struct AttentionLogSum : OpOf<AttentionLogSum> {
  Attention of;

  explicit AttentionLogSum(const Attention& attention) : of(attention) {}

  std::string name() const override { return "attention_log_sum"; }

  std::optional<Array> definition(std::span<const Array> inputs) const override;
  Work work(std::span<const View> inputs, const View& output) const override;
};

/// Which gradient: an operation has one output.
enum class AttentionPart : std::uint32_t { queries, keys_values };

/// Inputs: q, keys, values, offsets as those of attention, then dy (B, L, H, Dv) of q's type, log_sums float32 (B, L,
/// H) and shares float32 (B, L, H). Output (B, L, H, D) of q's type, or (B, Hkv, T, D + Dv) of keys' type: the gradient
/// of each key, then that of its value; zeros where nothing was written.
struct AttentionGradient : OpOf<AttentionGradient> {
  Attention of;
  AttentionPart part;

  AttentionGradient(const Attention& attention, AttentionPart p) : of(attention), part(p) {}

  std::string name() const override;
  std::optional<Array> definition(std::span<const Array> inputs) const override;
  Work work(std::span<const View> inputs, const View& output) const override;
};

Array attention_log_sum(const Attention& attention, std::span<const Array> inputs);

/// The gradient of attention with respect to its queries, or to its keys and values, without the matrix of all weights:
/// with scores s, weights p = exp(s - log_sum) and shares Σ_d dy_d · y_d of each query,
///   ds = p · (dy · v - share) · ∂s/∂(q · k),  dq = Σ ds · k,  dk = Σ ds · q,  dv = Σ p · dy.
/// Caches must be plain floats without rings. Everything is computed in float32.
///
/// inputs  q, keys, values and offsets, as attention's
///
/// Throws unsupported for packed rows and rings, invalid_argument where shapes do not fit.
/// Source: arXiv:2307.08691.
Array attention_gradient(const Attention& attention, AttentionPart part, std::span<const Array> inputs, const Array& dy,
                         const Array& log_sums, const Array& shares);

}  // namespace etna
