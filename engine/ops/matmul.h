#pragma once

#include "engine/array/array.h"

namespace etna {

enum class Transpose { no, yes };

/// Product accumulated in float32, output in a's dtype. Inputs: a (..., m, k), b (..., k, n), or (..., n, k) when
/// transposed; either b is 2-D (a's leading axes are rows) or both have the same leading axes. b may have another
/// floating dtype than a (weights stay as stored). With `residual`, a third input of the output's shape is added.
struct Matmul : OpOf<Matmul> {
  Transpose transpose_b;
  bool residual;
  Matmul(Transpose t, bool r) : transpose_b(t), residual(r) {}
  std::string name() const override;
  std::optional<Array> definition(std::span<const Array> inputs) const override;  // of the residual form
  std::optional<Gradients> gradient(const GradientCall& call) const override;
  Work work(std::span<const View> inputs, const View& output) const override;
};

/// a · b, or a · bᵀ over the last two axes. Throws invalid_argument when the shapes do not fit.
Array matmul(const Array& a, const Array& b, Transpose transpose_b = Transpose::no);

/// a · bᵀ + residual, for weights b (n, k): what a block of a transformer ends with.
Array matmul_residual(const Array& a, const Array& b, const Array& residual);

}  // namespace etna
