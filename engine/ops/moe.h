#pragma once

#include "engine/array/array.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/quantized.h"

namespace etna {

/// The weights of one linear layer of all experts: plain floats w (E, n, k), or packed arrays of that logical shape.
struct ExpertWeights {
  PackedArrays arrays;
  std::optional<PackedFormat> format;        ///< none: arrays.weight is floating
  std::optional<Array> bias = std::nullopt;  ///< (E, n), floating
};

/// Inputs: x (T, k) or (T, S, k), indices int32 (T, S), the weight's arrays, bias where there is one.
struct ExpertMatmul : OpOf<ExpertMatmul> {
  std::optional<PackedFormat> format;
  bool bias;

  ExpertMatmul(std::optional<PackedFormat> f, bool b) : format(f), bias(b) {}

  std::string name() const override;
  std::optional<Array> definition(std::span<const Array> inputs) const override;
  std::optional<Gradients> gradient(const GradientCall& call) const override;
  Work work(std::span<const View> inputs, const View& output) const override;

  /// Back from the inputs.
  ExpertWeights weights(std::span<const Array> inputs) const;
};

/// Products with chosen experts of a mixture: y[t, s] = x[t] · w[indices[t, s]]ᵀ + bias[indices[t, s]].
///
/// x       (T, k)     floating: one row for all slots of a token; or (T, S, k): a row for each slot
/// w       (E, n, k)  floating of any type, or packed
/// indices (T, S)     int32; one outside is the caller's error: kernels clamp it
/// bias    (E, n)     floating, or absent
/// returns (T, S, n)  type of x, accumulated in float32
///
/// Only experts that are chosen are read. Throws invalid_argument when the shapes do not fit.
Array expert_matmul(const Array& x, const ExpertWeights& w, const Array& indices);
Array expert_matmul(const Array& x, const Array& w, const Array& indices, const std::optional<Array>& bias = {});
Array expert_matmul(const Array& x, const PackedArrays& w, const PackedFormat& format, const Array& indices,
                    const std::optional<Array>& bias = {});

/// Inputs: dy (T, S, n), indices int32 (T, S), the weight's arrays. Output (T, S, k) of dy's dtype.
struct ExpertMatmulBack : OpOf<ExpertMatmulBack> {
  std::optional<PackedFormat> format;

  explicit ExpertMatmulBack(std::optional<PackedFormat> f) : format(f) {}

  std::string name() const override;
  std::optional<Array> definition(std::span<const Array> inputs) const override;
  Work work(std::span<const View> inputs, const View& output) const override;
};

/// The other side of expert_matmul: y[t, s] = dy[t, s] · w[indices[t, s]], accumulated in float32. What it gives to the
/// gradient of x.
Array expert_matmul_back(const Array& dy, const ExpertWeights& w, const Array& indices);

/// Inputs: dy (T, S, n), x (T, S, k) of the same dtype, indices int32 (T, S). Output (E, n, k) of `dtype`.
struct ExpertOuterSum : OpOf<ExpertOuterSum> {
  std::int64_t experts;
  DType dtype;

  ExpertOuterSum(std::int64_t count, DType type) : experts(count), dtype(type) {}

  std::string name() const override { return "expert_outer_sum"; }
  std::optional<Array> definition(std::span<const Array> inputs) const override;
  Work work(std::span<const View> inputs, const View& output) const override;
};

/// What pairs of rows give to their expert: y[e] = Σ over indices[t, s] = e of dy[t, s]ᵀ · x[t, s], summed in float32. The
/// gradient of experts' weights.
Array expert_outer_sum(const Array& dy, const Array& x, const Array& indices, std::int64_t experts, DType dtype);

/// The gate and up products of chosen experts, joined. Inputs: x, indices as above, the arrays (and bias) of gate,
/// those of up; both of one format and shape, both with a bias or none.
struct ExpertGated : OpOf<ExpertGated> {
  std::optional<PackedFormat> format;
  bool bias;
  GateKind kind;

  ExpertGated(std::optional<PackedFormat> f, bool b, GateKind g) : format(f), bias(b), kind(g) {}

  std::string name() const override;
  std::optional<Array> definition(std::span<const Array> inputs) const override;
  Work work(std::span<const View> inputs, const View& output) const override;

  /// Inputs of one of the two.
  std::size_t arrays() const { return (format ? static_cast<std::size_t>(format->array_count()) : 1) + (bias ? 1 : 0); }
};

/// gated(expert_matmul(x, gate, indices), expert_matmul(x, up, indices), kind) in one step.
Array expert_gated(const Array& x, const ExpertWeights& gate, const ExpertWeights& up, const Array& indices,
                   GateKind kind);

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
