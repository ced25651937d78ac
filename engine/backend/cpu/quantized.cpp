#include "engine/ops/quantized.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "engine/backend/cpu/blas.h"
#include "engine/backend/cpu/kernel_table.h"
#include "engine/backend/cpu/product.h"
#include "engine/backend/cpu/rows.h"
#include "engine/backend/cpu/simd/integer_products.h"
#include "engine/backend/cpu/simd/packed_rows.h"
#include "engine/backend/cpu/simd/simd.h"
#include "engine/backend/cpu/thread_scratch.h"

namespace etna::cpu {

namespace {

using simd::PackedRows;

/// Affine codes that never straddle a word have kernels of their own (simd/simd.h); all else is taken apart in pieces
/// (simd/packed_rows.h).
bool has_word_kernel(const PackedFormat& format) {
  return format.kind == PackedKind::affine && (format.bits == 2 || format.bits == 4 || format.bits == 8);
}

/// The weight whose arrays start at input `first`.
PackedRows packed_rows(const Step& step, std::size_t first, const PackedFormat& format) {
  const View& weight = step.inputs[first];
  PackedRows rows{.format = format, .weight = weight.host(), .k = format.row_weights(weight.shape.back())};
  if (format.array_count() > 1) {
    rows.scales = step.inputs[first + 1].host();
    rows.scale_dtype = step.inputs[first + 1].dtype;
  }
  if (format.array_count() > 2) rows.biases = step.inputs[first + 2].host();
  return rows;
}

simd::AffineRows affine_rows(const PackedRows& w) {
  return {.words = reinterpret_cast<const std::uint32_t*>(w.weight),
          .scales = w.scales,
          .biases = w.biases,
          .scale_dtype = w.scale_dtype,
          .bits = w.format.bits,
          .group_size = w.format.group_size,
          .k = w.k};
}

/// One row of activations, prepared for products with rows of codes: in float where activations are float32, else in
/// integers where the format and the processor allow it.
class VectorProduct {
public:
  VectorProduct(const View& x, const PackedRows& w) {
    std::vector<float> wide(static_cast<std::size_t>(w.k));
    load_floats(x.dtype, x.host(), w.k, wide.data());
    const bool exact = x.dtype == DType::float32, words = has_word_kernel(w.format);
    const int bits = w.format.bits, group_size = w.format.group_size;
    if (!exact && words && simd::has_integer_products(bits)) {
      integers_.emplace(bits, group_size, wide.data(), w.k);
    } else if (exact && words) {
      values_.resize(static_cast<std::size_t>(simd::permuted_size(bits, w.k)));
      sums_.resize(static_cast<std::size_t>(w.k / group_size));
      simd::permute_activations(bits, group_size, simd::Codes::in_place, wide.data(), w.k, values_.data(),
                                sums_.data());
    } else {
      const bool integers = !exact && simd::has_integer_codes(w.format);
      pieces_.emplace(integers ? simd::Arithmetic::integers : simd::Arithmetic::floats, wide.data(), w.k);
    }
  }

  void run(const PackedRows& w, std::int64_t rows, float* y) const {
    if (pieces_) simd::packed_matvec(w, rows, *pieces_, y);
    else if (integers_) simd::affine_integer_matvec(affine_rows(w), rows, *integers_, y);
    else simd::affine_matvec(affine_rows(w), rows, values_.data(), sums_.data(), y);
  }

private:
  std::optional<simd::IntegerActivations> integers_;
  std::optional<simd::PackedActivations> pieces_;
  std::vector<float> values_, sums_;
};

std::size_t residual_index(const Step& step) {
  return 1 + static_cast<std::size_t>(as<QuantizedMatmul>(step.op.get())->format.array_count());
}

// Rows that a thread takes at least: the start of a range is not asked for ahead of time.
std::int64_t row_grain(const PackedRows& w) { return std::max<std::int64_t>(16, grain_for(w.k)); }

void multiply_vector(const Step& step, Context& context, const PackedRows& w) {
  const VectorProduct x(step.inputs[0], w);
  ProductOutput output(step, residual_index(step));
  context.pool.parallel_for(step.output.size(), row_grain(w), [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> y(static_cast<std::size_t>(end - begin));
    x.run(w.row(begin), end - begin, y.data());
    output.store(0, begin, y.data(), end - begin);
  });
}

/// Rows of activations as float, in the order in which tiles of weights are widened.
struct WideActivations {
  const float* rows;
  std::int64_t stride;
};

WideActivations widen_activations(const View& x, const PackedRows& w, Context& context) {
  const std::int64_t rows = x.size() / w.k;
  const bool permuted = has_word_kernel(w.format);
  const int bits = w.format.bits, group_size = w.format.group_size;
  const std::int64_t stride = permuted ? simd::permuted_size(bits, w.k) : w.k;
  float* to = context.scratch(static_cast<std::size_t>(rows * stride));
  context.pool.parallel_for(rows, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> wide(static_cast<std::size_t>(w.k)), sums(static_cast<std::size_t>(w.k / group_size));
    for (std::int64_t row = begin; row < end; ++row) {
      const std::byte* from = x.host() + row * w.k * static_cast<std::int64_t>(size_of(x.dtype));
      if (!permuted) {
        load_floats(x.dtype, from, w.k, to + row * stride);
        continue;
      }
      load_floats(x.dtype, from, w.k, wide.data());
      simd::permute_activations(bits, group_size, simd::Codes::shifted, wide.data(), w.k, to + row * stride, sums.data());
    }
  });
  return {to, stride};
}

void widen_weights(const PackedRows& w, std::int64_t begin, std::int64_t count, std::int64_t stride, float* to) {
  if (has_word_kernel(w.format)) return simd::affine_dequantize_permuted(affine_rows(w.row(begin)), count, to);
  for (std::int64_t i = 0; i < count; ++i) simd::dequantize_row(w.row(begin + i), to + i * stride);
}

void multiply_matrix(const Step& step, Context& context, const PackedRows& w) {
  const std::int64_t rows = step.inputs[0].size() / w.k, n = step.output.shape.back();
  const WideActivations x = widen_activations(step.inputs[0], w, context);
  ProductOutput output(step, residual_index(step));
  const std::int64_t tile = tile_columns(w.k, n, context.pool.size());
  context.pool.parallel_for((n + tile - 1) / tile, 1, [&](std::int64_t first, std::int64_t last) {
    float* weights = thread_scratch(Scratch::weights, static_cast<std::size_t>(tile * x.stride));
    float* y = thread_scratch(Scratch::results, static_cast<std::size_t>(rows * tile));
    for (std::int64_t i = first; i < last; ++i) {
      const std::int64_t column = i * tile, columns = std::min(tile, n - column);
      widen_weights(w, column, columns, x.stride, weights);
      gemm(BlasB::transposed, rows, columns, x.stride, 1, x.rows, x.stride, weights, x.stride, 0, y, columns);
      for (std::int64_t r = 0; r < rows; ++r) output.store(r, column, y + r * columns, columns);
    }
  });
}

/// x (…, n) · w (n, k): rows of w are widened in plain order, n of them at a time.
void multiply_untransposed(const Step& step, Context& context, const PackedRows& w) {
  const View& x = step.inputs[0];
  const std::int64_t n = x.shape.back(), rows = x.size() / std::max<std::int64_t>(n, 1), k = w.k;
  ProductOutput output(step, residual_index(step));
  float* sums = context.scratch(static_cast<std::size_t>(rows * (k + n)));
  float* wide = sums + rows * k;
  std::fill_n(sums, rows * k, 0.0f);
  load_floats(x.dtype, x.host(), rows * n, wide);
  const std::int64_t tile = std::max<std::int64_t>(1, (std::int64_t{1} << 20) / k);
  std::vector<float> weights(static_cast<std::size_t>(std::min(tile, n) * k));
  for (std::int64_t first = 0; first < n; first += tile) {
    const std::int64_t count = std::min(tile, n - first);
    context.pool.parallel_for(count, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) simd::dequantize_row(w.row(first + i), weights.data() + i * k);
    });
    gemm(BlasB::as_is, rows, k, count, 1, wide + first, n, weights.data(), k, 1, sums, k);
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

/// One row of activations against gate and up at once; longer inputs take the definition.
void run_swiglu(const Step& step, Context& context) {
  const PackedFormat& format = as<QuantizedSwiglu>(step.op.get())->format;
  const PackedRows gate = packed_rows(step, 1, format);
  const PackedRows up = packed_rows(step, 1 + static_cast<std::size_t>(format.array_count()), format);
  const VectorProduct x(step.inputs[0], gate);
  ProductOutput output(step, step.inputs.size());
  context.pool.parallel_for(step.output.size(), row_grain(gate), [&](std::int64_t begin, std::int64_t end) {
    const auto count = static_cast<std::size_t>(end - begin);
    std::vector<float> a(count), b(count);
    x.run(gate.row(begin), end - begin, a.data());
    x.run(up.row(begin), end - begin, b.data());
    simd::silu_multiply(a.data(), b.data(), end - begin, a.data());
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
  table.add<QuantizedMatmul>({.run = run_matmul});
  table.add<QuantizedSwiglu>({.run = run_swiglu, .supports = is_one_row});
  table.add<Dequantize>({.run = run_dequantize});
  table.add<DequantizeRows>({.run = run_dequantize_rows});
}

}  // namespace etna::cpu
