#include "engine/ops/matmul.h"

#include <algorithm>

#include "engine/backend/cpu/blas.h"
#include "engine/backend/cpu/kernel_table.h"
#include "engine/backend/cpu/product.h"
#include "engine/backend/cpu/rows.h"
#include "engine/backend/cpu/simd/simd.h"

namespace etna::cpu {

namespace {

const std::byte* at(const View& view, std::int64_t element) {
  return view.host() + element * static_cast<std::int64_t>(size_of(view.dtype));
}

/// One row of activations: every weight is read once, so each thread streams its share of rows.
void multiply_vector(const Step& step, Context& context) {
  const View &x = step.inputs[0], &w = step.inputs[1];
  const std::int64_t k = x.shape.back(), n = step.output.shape.back();
  ProductOutput output(step, 2);
  std::vector<float> row(static_cast<std::size_t>(k));
  load_floats(x.dtype, x.host(), k, row.data());
  context.pool.parallel_for(n, std::max<std::int64_t>(4, grain_for(k)), [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> y(static_cast<std::size_t>(end - begin));
    simd::matvec(w.dtype, at(w, begin * k), end - begin, k, row.data(), y.data());
    output.store(0, begin, y.data(), end - begin);
  });
}

/// Many rows: tiles of b become float and go to BLAS. `batch` selects matrices of batched products.
void multiply_matrix(const Step& step, Context& context, std::int64_t batch, std::int64_t rows) {
  const View &a = step.inputs[0], &b = step.inputs[1];
  const bool transposed = as<Matmul>(step.op.get())->transpose_b == Transpose::yes;
  const std::int64_t k = a.shape.back(), n = step.output.shape.back();
  const std::int64_t b_begin = b.shape.size() > 2 ? batch * k * n : 0;
  ProductOutput output(step, 2);
  float* wide = context.scratch(static_cast<std::size_t>(rows * k));
  context.pool.parallel_for(rows, grain_for(k), [&](std::int64_t begin, std::int64_t end) {
    load_floats(a.dtype, at(a, (batch * rows + begin) * k), (end - begin) * k, wide + begin * k);
  });
  const std::int64_t tile = tile_columns(k, n, context.pool.size());
  context.pool.parallel_for((n + tile - 1) / tile, 1, [&](std::int64_t first, std::int64_t last) {
    float* weights = context.thread_scratch(Scratch::weights, static_cast<std::size_t>(tile * k));
    float* y = context.thread_scratch(Scratch::results, static_cast<std::size_t>(rows * tile));
    for (std::int64_t i = first; i < last; ++i) {
      const std::int64_t column = i * tile, columns = std::min(tile, n - column);
      if (transposed) {
        load_floats(b.dtype, at(b, b_begin + column * k), columns * k, weights);
      } else {
        for (std::int64_t r = 0; r < k; ++r) load_floats(b.dtype, at(b, b_begin + r * n + column), columns, weights + r * columns);
      }
      gemm(transposed ? BlasB::transposed : BlasB::as_is, rows, columns, k, 1, wide, k, weights, transposed ? k : columns, 0, y, columns);
      for (std::int64_t r = 0; r < rows; ++r) output.store(batch * rows + r, column, y + r * columns, columns);
    }
  });
}

void run(const Step& step, Context& context) {
  const View &a = step.inputs[0], &b = step.inputs[1];
  const std::int64_t k = a.shape.back();
  if (step.output.size() == 0) return;
  if (k == 0) return ProductOutput(step, 2).store_zeros();
  const std::int64_t all_rows = a.size() / k;
  const bool transposed = as<Matmul>(step.op.get())->transpose_b == Transpose::yes;
  if (b.shape.size() == 2) {
    if (all_rows == 1 && transposed) return multiply_vector(step, context);
    return multiply_matrix(step, context, 0, all_rows);
  }
  const std::int64_t rows = a.shape[a.shape.size() - 2];
  for (std::int64_t batch = 0; batch < all_rows / rows; ++batch) multiply_matrix(step, context, batch, rows);
}

ScratchNeeds scratch(const Step& step, int threads) {
  const View &a = step.inputs[0], &b = step.inputs[1];
  const std::int64_t k = a.shape.back(), n = step.output.shape.back();
  if (step.output.size() == 0 || k == 0) return {};
  const bool one_matrix = b.shape.size() == 2;
  const std::int64_t rows = one_matrix ? a.size() / k : a.shape[a.shape.size() - 2];
  if (one_matrix && rows == 1 && as<Matmul>(step.op.get())->transpose_b == Transpose::yes) return {};
  const std::int64_t tile = tile_columns(k, n, threads);
  ScratchNeeds needs{.shared = static_cast<std::size_t>(rows * k), .of_thread = {}};
  needs[Scratch::weights] = static_cast<std::size_t>(tile * k);
  needs[Scratch::results] = static_cast<std::size_t>(rows * tile);
  return needs;
}

}  // namespace

void add_matmul(KernelTable& table) { table.add<Matmul>({.run = run, .scratch = scratch}); }

}  // namespace etna::cpu
