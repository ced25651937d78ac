#include "engine/ops/moe.h"

#include <algorithm>

#include "engine/backend/cpu/expert_gradients.h"
#include "engine/backend/cpu/expert_product.h"
#include "engine/backend/cpu/packed_product.h"
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

/// Packed weights of logical shape (E, n, k), for ExpertProduct.
class PackedWeights {
public:
  using Row = VectorProduct;

  PackedWeights(const simd::PackedRows& w, std::int64_t n, DType x_dtype) : w_(w), n_(n), x_dtype_(x_dtype) {}

  Row row(const std::byte* x) const { return {x_dtype_, x, w_}; }

  void multiply(const Row& x, std::int64_t expert, std::int64_t column, std::int64_t columns, float* y) const {
    x.run(w_.row(expert * n_ + column), columns, y);
  }

  std::int64_t stride() const { return tile_stride(w_); }

  void widen_row(const std::byte* x, float* to) const { widen_activations(x_dtype_, x, w_, to); }

  void widen(std::int64_t expert, std::int64_t column, std::int64_t columns, float* to) const {
    widen_weights(w_, expert * n_ + column, columns, to);
  }

private:
  simd::PackedRows w_;
  std::int64_t n_;
  DType x_dtype_;
};

/// The layer whose arrays start at input `first`; its bias is the last of `arrays`.
ExpertLayer<FloatWeights> float_layer(const Step& step, const Context& context, std::size_t first, std::size_t arrays, bool bias) {
  const View* last = &step.inputs[first + arrays - 1];
  return {FloatWeights(step.inputs[first], step.inputs[0].dtype), bias ? last : nullptr, context};
}

ExpertLayer<PackedWeights> packed_layer(const Step& step, const Context& context, std::size_t first, std::size_t arrays, bool bias,
                                        const PackedFormat& format) {
  const View* last = &step.inputs[first + arrays - 1];
  const PackedWeights weights(packed_rows(step, first, format), step.inputs[first].shape[1], step.inputs[0].dtype);
  return {weights, bias ? last : nullptr, context};
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
  const std::size_t arrays = step.inputs.size() - 2;
  if (op.format)
    run_layer(step, context, packed_layer(step, context, 2, arrays, op.bias, *op.format));
  else
    run_layer(step, context, float_layer(step, context, 2, arrays, op.bias));
}

void run_expert_gated(const Step& step, Context& context) {
  if (step.output.size() == 0) return;
  const auto& op = *as<ExpertGated>(step.op.get());
  const std::size_t arrays = op.arrays(), up = 2 + arrays;
  if (op.format) {
    run_layer(step, context,
              GatedExpertLayer(packed_layer(step, context, 2, arrays, op.bias, *op.format),
                               packed_layer(step, context, up, arrays, op.bias, *op.format), op.kind, context));
  } else {
    run_layer(step, context,
              GatedExpertLayer(float_layer(step, context, 2, arrays, op.bias), float_layer(step, context, up, arrays, op.bias), op.kind, context));
  }
}

/// `format`: none for floating weights.
ScratchNeeds scratch_of(const Step& step, const std::optional<PackedFormat>& format, bool gated) {
  if (step.output.size() == 0) return {};
  const std::int64_t k = step.inputs[0].shape.back();
  const std::int64_t stride = format ? tile_stride(*format, k) : k;
  return ExpertProduct<ExpertLayer<FloatWeights>>::scratch(step, stride, gated);
}

ScratchNeeds matmul_scratch(const Step& step, int) { return scratch_of(step, as<ExpertMatmul>(step.op.get())->format, false); }

ScratchNeeds gated_scratch(const Step& step, int) { return scratch_of(step, as<ExpertGated>(step.op.get())->format, true); }

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

}  // namespace

void add_moe(KernelTable& table) {
  table.add<ExpertMatmul>({.run = run_expert_matmul, .scratch = matmul_scratch});
  table.add<ExpertGated>({.run = run_expert_gated, .scratch = gated_scratch});
  table.add<CombineExperts>({.run = run_combine});
  add_expert_gradients(table);
}

}  // namespace etna::cpu
