#include "engine/ops/quantized.h"

#include <algorithm>

#include "engine/backend/cpu/blas.h"
#include "engine/backend/cpu/gate.h"
#include "engine/backend/cpu/kernel_table.h"
#include "engine/backend/cpu/packed_product.h"
#include "engine/backend/cpu/product.h"
#include "engine/backend/cpu/rows.h"
#include "engine/backend/cpu/simd/simd.h"

namespace etna::cpu {

namespace {

using simd::PackedRows;

std::size_t residual_index(const Step& step) {
  return 1 + static_cast<std::size_t>(as<QuantizedMatmul>(step.op.get())->format.array_count());
}

// Rows that a thread takes at least: the start of a range is not asked for ahead of time.
std::int64_t row_grain(const PackedRows& w) { return std::max<std::int64_t>(16, grain_for(w.k)); }

void multiply_vector(const Step& step, Context& context, const PackedRows& w) {
  const VectorProduct x(step.inputs[0].dtype, step.inputs[0].host(), w);
  ProductOutput output(step, residual_index(step));
  context.pool.parallel_for(step.output.size(), row_grain(w), [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> y(static_cast<std::size_t>(end - begin));
    x.run(w.row(begin), end - begin, y.data());
    output.store(0, begin, y.data(), end - begin);
  });
}

/// All rows of x for tiles.
const float* widen_rows(const View& x, const PackedRows& w, Context& context) {
  const std::int64_t rows = x.size() / w.k, stride = tile_stride(w);
  float* to = context.scratch(static_cast<std::size_t>(rows * stride));
  context.pool.parallel_for(rows, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::byte* from = x.host() + row * w.k * static_cast<std::int64_t>(size_of(x.dtype));
      widen_activations(x.dtype, from, w, to + row * stride);
    }
  });
  return to;
}

void multiply_matrix(const Step& step, Context& context, const PackedRows& w) {
  const std::int64_t rows = step.inputs[0].size() / w.k, n = step.output.shape.back();
  const std::int64_t stride = tile_stride(w);
  const float* x = widen_rows(step.inputs[0], w, context);
  ProductOutput output(step, residual_index(step));
  const std::int64_t tile = tile_columns(w.k, n, context.pool.size());
  context.pool.parallel_for((n + tile - 1) / tile, 1, [&](std::int64_t first, std::int64_t last) {
    float* weights = context.thread_scratch(Scratch::weights, static_cast<std::size_t>(tile * stride));
    float* y = context.thread_scratch(Scratch::results, static_cast<std::size_t>(rows * tile));
    for (std::int64_t i = first; i < last; ++i) {
      const std::int64_t column = i * tile, columns = std::min(tile, n - column);
      widen_weights(w, column, columns, weights);
      gemm(BlasB::transposed, rows, columns, stride, 1, x, stride, weights, stride, 0, y, columns);
      for (std::int64_t r = 0; r < rows; ++r) output.store(r, column, y + r * columns, columns);
    }
  });
}

/// Rows of w that are widened at a time.
std::int64_t untransposed_tile(std::int64_t k, std::int64_t n) { return std::min(std::max<std::int64_t>(1, (std::int64_t{1} << 20) / std::max<std::int64_t>(k, 1)), n); }

/// Columns of a product that a thread takes at a time: whole vectors, and enough to be worth its while.
std::int64_t column_share(std::int64_t k, int threads) {
  const std::int64_t share = (k + threads - 1) / threads;
  return std::max<std::int64_t>((share + 15) / 16 * 16, 64);
}

/// x (…, n) · w (n, k): rows of w are widened in plain order, n of them at a time.
void multiply_untransposed(const Step& step, Context& context, const PackedRows& w) {
  const View& x = step.inputs[0];
  const std::int64_t n = x.shape.back(), rows = x.size() / std::max<std::int64_t>(n, 1), k = w.k;
  ProductOutput output(step, residual_index(step));
  const std::int64_t tile = untransposed_tile(k, n);
  float* sums = context.scratch(static_cast<std::size_t>(rows * (k + n) + tile * k));
  float *wide = sums + rows * k, *weights = wide + rows * n;
  std::fill_n(sums, rows * k, 0.0f);
  load_floats(x.dtype, x.host(), rows * n, wide);
  for (std::int64_t first = 0; first < n; first += tile) {
    const std::int64_t count = std::min(tile, n - first);
    context.pool.parallel_for(count, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) simd::dequantize_row(w.row(first + i), weights + i * k);
    });
    // Columns are shared out: all threads read the same few rows of x.
    const std::int64_t columns = column_share(k, context.pool.size());
    context.pool.parallel_for((k + columns - 1) / columns, 1, [&](std::int64_t begin, std::int64_t end) {
      const std::int64_t column = begin * columns, width = std::min(end * columns, k) - column;
      gemm(BlasB::as_is, rows, width, count, 1, wide + first, n, weights + column, k, 1, sums + column, k);
    });
  }
  for (std::int64_t r = 0; r < rows; ++r) output.store(r, 0, sums + r * k, k);
}

void run_matmul(const Step& step, Context& context) {
  if (step.output.size() == 0) return;
  const auto& op = *as<QuantizedMatmul>(step.op.get());
  const PackedRows w = packed_rows(step, 1, op.format);
  if (op.transpose == Transpose::no) return multiply_untransposed(step, context, w);
  if (step.inputs[0].size() == w.k) return multiply_vector(step, context, w);
  multiply_matrix(step, context, w);
}

ScratchNeeds matmul_scratch(const Step& step, int threads) {
  if (step.output.size() == 0) return {};
  const auto& op = *as<QuantizedMatmul>(step.op.get());
  const View& x = step.inputs[0];
  const std::int64_t in = std::max<std::int64_t>(x.shape.back(), 1), out = step.output.shape.back(), rows = x.size() / in;
  if (op.transpose == Transpose::no) {
    return {.shared = static_cast<std::size_t>(rows * (out + in) + untransposed_tile(out, in) * out), .of_thread = {}};
  }
  if (rows == 1) return {};
  const std::int64_t stride = tile_stride(op.format, in), tile = tile_columns(in, out, threads);
  ScratchNeeds needs{.shared = static_cast<std::size_t>(rows * stride), .of_thread = {}};
  needs[Scratch::weights] = static_cast<std::size_t>(tile * stride);
  needs[Scratch::results] = static_cast<std::size_t>(rows * tile);
  return needs;
}

/// One row of activations against gate and up at once; longer inputs take the definition.
void run_gated(const Step& step, Context& context) {
  const auto& op = *as<QuantizedGated>(step.op.get());
  const PackedFormat& format = op.format;
  const PackedRows gate = packed_rows(step, 1, format);
  const PackedRows up = packed_rows(step, 1 + static_cast<std::size_t>(format.array_count()), format);
  const VectorProduct x(step.inputs[0].dtype, step.inputs[0].host(), gate);
  ProductOutput output(step, step.inputs.size());
  context.pool.parallel_for(step.output.size(), row_grain(gate), [&](std::int64_t begin, std::int64_t end) {
    const auto count = static_cast<std::size_t>(end - begin);
    std::vector<float> a(count), b(count);
    x.run(gate.row(begin), end - begin, a.data());
    x.run(up.row(begin), end - begin, b.data());
    apply_gate(op.kind, a.data(), b.data(), end - begin, a.data());
    output.store(0, begin, a.data(), end - begin);
  });
}

bool is_one_row(const Op&, std::span<const Array> inputs, const Shape&, DType) {
  return inputs[0].size() == inputs[0].shape(-1);
}

void store_row(const Step& step, std::int64_t row, const std::vector<float>& values) {
  store_floats(step.output.dtype, values.data(), static_cast<std::int64_t>(values.size()),
               step.output.host() + static_cast<std::size_t>(row) * values.size() * size_of(step.output.dtype));
}

void run_dequantize(const Step& step, Context& context) {
  if (step.output.size() == 0) return;
  const PackedRows w = packed_rows(step, 0, as<Dequantize>(step.op.get())->format);
  context.pool.parallel_for(step.output.size() / w.k, grain_for(w.k), [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> values(static_cast<std::size_t>(w.k));
    for (std::int64_t row = begin; row < end; ++row) {
      simd::dequantize_row(w.row(row), values.data());
      store_row(step, row, values);
    }
  });
}

void run_dequantize_rows(const Step& step, Context& context) {
  if (step.output.size() == 0) return;
  const PackedRows w = packed_rows(step, 0, as<DequantizeRows>(step.op.get())->format);
  const auto* indices = reinterpret_cast<const std::int32_t*>(step.inputs.back().host());
  const std::int64_t rows = step.inputs[0].shape[0];
  context.pool.parallel_for(step.inputs.back().size(), grain_for(w.k), [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> values(static_cast<std::size_t>(w.k));
    for (std::int64_t i = begin; i < end; ++i) {
      simd::dequantize_row(w.row(std::clamp<std::int64_t>(indices[i], 0, rows - 1)), values.data());
      store_row(step, i, values);
    }
  });
}

}  // namespace

void add_quantized(KernelTable& table) {
  table.add<QuantizedMatmul>({.run = run_matmul, .scratch = matmul_scratch});
  table.add<QuantizedGated>({.run = run_gated, .supports = is_one_row});
  table.add<Dequantize>({.run = run_dequantize});
  table.add<DequantizeRows>({.run = run_dequantize_rows});
}

}  // namespace etna::cpu
