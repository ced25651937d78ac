#include "engine/ops/moe.h"

#include <algorithm>

#include "engine/backend/cpu/expert_product.h"
#include "engine/backend/cpu/simd/simd.h"

namespace etna::cpu {

namespace {

std::int64_t bytes_of(DType dtype, std::int64_t count) {
  return count * static_cast<std::int64_t>(size_of(dtype));
}

/// Weights (E, n, k) of floats, for ExpertProduct.
class FloatWeights {
public:
  using Row = std::vector<float>;

  FloatWeights(const View& w, DType x_dtype) : w_(w), x_dtype_(x_dtype), n_(w.shape[1]), k_(w.shape[2]) {}

  Row row(const std::byte* x) const {
    Row wide(static_cast<std::size_t>(k_));
    load_floats(x_dtype_, x, k_, wide.data());
    return wide;
  }

  void multiply(const Row& x, std::int64_t expert, std::int64_t column, std::int64_t columns, float* y) const {
    simd::matvec(w_.dtype, at(expert, column), columns, k_, x.data(), y);
  }

  std::int64_t stride() const { return k_; }

  void widen_row(const std::byte* x, float* to) const { load_floats(x_dtype_, x, k_, to); }

  void widen(std::int64_t expert, std::int64_t column, std::int64_t columns, float* to) const {
    load_floats(w_.dtype, at(expert, column), columns * k_, to);
  }

private:
  const std::byte* at(std::int64_t expert, std::int64_t column) const {
    return w_.host() + bytes_of(w_.dtype, (expert * n_ + column) * k_);
  }

  const View& w_;
  DType x_dtype_;
  std::int64_t n_, k_;
};

ExpertLayer<FloatWeights> float_layer(const Step& step, std::size_t first, bool bias) {
  return {FloatWeights(step.inputs[first], step.inputs[0].dtype), bias ? &step.inputs[first + 1] : nullptr};
}

template <class Layer>
void run_layer(const Step& step, Context& context, const Layer& layer) {
  const View &x = step.inputs[0], &indices = step.inputs[1];
  const ExpertChoice choice(x, indices, step.inputs[2].shape[0]);
  ExpertProduct(choice, layer, step, context).run(indices.shape[0]);
}

void run_expert_matmul(const Step& step, Context& context) {
  if (step.output.size() == 0) return;
  const auto& op = *as<ExpertMatmul>(step.op.get());
  run_layer(step, context, float_layer(step, 2, op.bias));
}

void run_expert_gated(const Step& step, Context& context) {
  if (step.output.size() == 0) return;
  const auto& op = *as<ExpertGated>(step.op.get());
  const std::size_t up = 2 + op.arrays();
  run_layer(step, context, GatedExpertLayer(float_layer(step, 2, op.bias), float_layer(step, up, op.bias), op.kind));
}

/// Pieces of rows that a thread sums at a time.
constexpr std::int64_t piece = 1024;

void run_combine(const Step& step, Context& context) {
  const View &x = step.inputs[0], &weights = step.inputs[1];
  const std::int64_t slots = x.shape[1], n = x.shape[2], pieces = (n + piece - 1) / piece;
  const auto* factors = reinterpret_cast<const float*>(weights.host());
  const View* residual = step.inputs.size() > 2 ? &step.inputs[2] : nullptr;
  context.pool.parallel_for(x.shape[0] * pieces, grain_for(slots * piece), [&](std::int64_t begin, std::int64_t end) {
    float sum[piece], values[piece];
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t token = i / pieces, column = i % pieces * piece, count = std::min(piece, n - column);
      const std::int64_t place = token * n + column;
      std::fill_n(sum, count, 0.0f);
      for (std::int64_t slot = 0; slot < slots; ++slot) {
        const std::int64_t pair = token * slots + slot;
        load_floats(x.dtype, x.host() + bytes_of(x.dtype, pair * n + column), count, values);
        simd::add_scaled(factors[pair], values, count, sum);
      }
      if (residual) {
        load_floats(residual->dtype, residual->host() + bytes_of(residual->dtype, place), count, values);
        simd::add_scaled(1, values, count, sum);
      }
      store_floats(step.output.dtype, sum, count, step.output.host() + bytes_of(step.output.dtype, place));
    }
  });
}

template <class T>
bool is_float(const Op& op, std::span<const Array>, const Shape&, DType) {
  return !as<T>(&op)->format;
}

}  // namespace

void add_moe(KernelTable& table) {
  table.add<ExpertMatmul>({.run = run_expert_matmul, .supports = is_float<ExpertMatmul>});
  table.add<ExpertGated>({.run = run_expert_gated, .supports = is_float<ExpertGated>});
  table.add<CombineExperts>({.run = run_combine});
}

}  // namespace etna::cpu
