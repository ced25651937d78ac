#include "engine/backend/cpu/expert_gradients.h"

#include <algorithm>

#include "engine/backend/cpu/blas.h"
#include "engine/backend/cpu/expert_product.h"
#include "engine/backend/cpu/packed_product.h"
#include "engine/backend/cpu/rows.h"
#include "engine/ops/moe.h"

namespace etna::cpu {

namespace {

const std::byte* at(const View& view, std::int64_t element) {
  return view.host() + element * static_cast<std::int64_t>(size_of(view.dtype));
}

/// Rows of a weight matrix that are floats at a time.
std::int64_t tile_rows(std::int64_t n, std::int64_t k) {
  return std::clamp<std::int64_t>((std::int64_t{1} << 18) / std::max<std::int64_t>(k, 1), 1, n);
}

/// Where the pairs of each expert begin, in order of experts.
std::vector<std::int64_t> starts(const ExpertGroups& groups, std::int64_t experts) {
  std::vector<std::int64_t> first{0};
  for (std::int64_t expert = 0; expert < experts; ++expert) first.push_back(first.back() + groups.rows(expert));
  return first;
}

/// Rows [row, row + count) of all experts' weights, one below the other, as floats.
void widen(const Step& step, const std::optional<PackedFormat>& format, std::int64_t row, std::int64_t count,
           float* to) {
  const View& w = step.inputs[2];
  if (!format) return load_floats(w.dtype, at(w, row * w.shape[2]), count * w.shape[2], to);
  const simd::PackedRows rows = packed_rows(step, 2, *format);
  for (std::int64_t i = 0; i < count; ++i) simd::dequantize_row(rows.row(row + i), to + i * rows.k);
}

/// Experts are independent: a thread takes one, with its pairs side by side in shared memory.
void run_back(const Step& step, Context& context) {
  if (step.output.size() == 0) return;
  const std::optional<PackedFormat>& format = as<ExpertMatmulBack>(step.op.get())->format;
  const View &dy = step.inputs[0], &out = step.output;
  const std::int64_t experts = step.inputs[2].shape[0], n = dy.shape[2], k = out.shape[2];
  const ExpertChoice choice(dy, step.inputs[1], experts);
  const ExpertGroups groups(choice);
  const std::vector<std::int64_t> first = starts(groups, experts);
  float* rows = context.scratch(static_cast<std::size_t>(choice.pairs() * (n + k)));
  float* sums = rows + choice.pairs() * n;
  const std::int64_t tile = tile_rows(n, k);
  context.pool.parallel_for(experts, 1, [&](std::int64_t begin, std::int64_t end) {
    float* weights = context.thread_scratch(Scratch::weights, static_cast<std::size_t>(tile * k));
    for (std::int64_t expert = begin; expert < end; ++expert) {
      const std::int64_t count = groups.rows(expert), start = first[static_cast<std::size_t>(expert)];
      if (count == 0) continue;
      for (std::int64_t i = 0; i < count; ++i)
        load_floats(dy.dtype, choice.row(groups.pairs(expert)[i]), n, rows + (start + i) * n);
      for (std::int64_t row = 0; row < n; row += tile) {
        const std::int64_t some = std::min(tile, n - row);
        widen(step, format, expert * n + row, some, weights);
        gemm(BlasB::as_is, count, k, some, 1, rows + start * n + row, n, weights, k, row == 0 ? 0 : 1, sums + start * k,
             k);
      }
      for (std::int64_t i = 0; i < count; ++i) {
        store_floats(out.dtype, sums + (start + i) * k, k,
                     out.host() + groups.pairs(expert)[i] * k * static_cast<std::int64_t>(size_of(out.dtype)));
      }
    }
  });
}

ScratchNeeds back_scratch(const Step& step, int) {
  const std::int64_t n = step.inputs[0].shape[2], k = step.output.shape[2], pairs = step.inputs[1].size();
  if (step.output.size() == 0) return {};
  ScratchNeeds needs{.shared = static_cast<std::size_t>(pairs * (n + k)), .of_thread = {}};
  needs[Scratch::weights] = static_cast<std::size_t>(tile_rows(n, k) * k);
  return needs;
}

/// Rows of dy become columns, so that one product sums over all pairs of an expert.
void run_outer_sum(const Step& step, Context& context) {
  const View &dy = step.inputs[0], &x = step.inputs[1], &out = step.output;
  if (out.size() == 0) return;
  const std::int64_t experts = out.shape[0], n = out.shape[1], k = out.shape[2];
  const ExpertChoice choice(x, step.inputs[2], experts);
  const ExpertGroups groups(choice);
  const std::vector<std::int64_t> first = starts(groups, experts);
  float* turned = context.scratch(static_cast<std::size_t>(choice.pairs() * (n + k)));
  float* rows = turned + choice.pairs() * n;
  const std::int64_t tile = tile_rows(n, k);
  context.pool.parallel_for(experts, 1, [&](std::int64_t begin, std::int64_t end) {
    float* sums = context.thread_scratch(Scratch::results, static_cast<std::size_t>(tile * k));
    float* one = context.thread_scratch(Scratch::activations, static_cast<std::size_t>(n));
    for (std::int64_t expert = begin; expert < end; ++expert) {
      const std::int64_t count = groups.rows(expert), start = first[static_cast<std::size_t>(expert)];
      for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t pair = groups.pairs(expert)[i];
        load_floats(x.dtype, choice.row(pair), k, rows + (start + i) * k);
        load_floats(dy.dtype, at(dy, pair * n), n, one);
        for (std::int64_t j = 0; j < n; ++j) turned[start * n + j * count + i] = one[j];
      }
      for (std::int64_t row = 0; row < n; row += tile) {
        const std::int64_t some = std::min(tile, n - row);
        if (count == 0)
          std::fill_n(sums, some * k, 0.0f);
        else
          gemm(BlasB::as_is, some, k, count, 1, turned + start * n + row * count, count, rows + start * k, k, 0, sums,
               k);
        store_floats(out.dtype, sums, some * k,
                     out.host() + (expert * n + row) * k * static_cast<std::int64_t>(size_of(out.dtype)));
      }
    }
  });
}

ScratchNeeds outer_sum_scratch(const Step& step, int) {
  const std::int64_t n = step.output.shape[1], k = step.output.shape[2], pairs = step.inputs[2].size();
  if (step.output.size() == 0) return {};
  ScratchNeeds needs{.shared = static_cast<std::size_t>(pairs * (n + k)), .of_thread = {}};
  needs[Scratch::results] = static_cast<std::size_t>(tile_rows(n, k) * k);
  needs[Scratch::activations] = static_cast<std::size_t>(n);
  return needs;
}

}  // namespace

void add_expert_gradients(KernelTable& table) {
  table.add<ExpertMatmulBack>({.run = run_back, .scratch = back_scratch});
  table.add<ExpertOuterSum>({.run = run_outer_sum, .scratch = outer_sum_scratch});
}

}  // namespace etna::cpu
