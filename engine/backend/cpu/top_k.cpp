#include "engine/ops/top_k.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <vector>

#include "engine/backend/cpu/kernel_table.h"
#include "engine/backend/cpu/rows.h"
#include "engine/backend/cpu/simd/simd.h"

namespace etna::cpu {

namespace {

/// Calls body(i, row i of x, places of its k largest elements in order) for every row.
template <class Body>
void for_each_choice(const Step& step, Context& context, const Body& body) {
  const View& x = step.inputs[0];
  const std::int64_t n = x.shape.back(), k = step.output.shape.back();
  context.pool.parallel_for(x.size() / n, grain_for(4 * n), [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> row(static_cast<std::size_t>(n));
    std::vector<std::int32_t> places(row.size());
    const auto before = [&](std::int32_t a, std::int32_t b) {
      const float left = row[static_cast<std::size_t>(a)], right = row[static_cast<std::size_t>(b)];
      return left != right ? left > right : a < b;
    };
    for (std::int64_t i = begin; i < end; ++i) {
      gather_floats(x, i * n, (i + 1) * n, row.data());
      for (float& value : row) value = std::isnan(value) ? -INFINITY : value;
      std::iota(places.begin(), places.end(), 0);
      std::partial_sort(places.begin(), places.begin() + k, places.end(), before);
      body(i, row, std::span(places).first(static_cast<std::size_t>(k)));
    }
  });
}

void run_indices(const Step& step, Context& context) {
  auto* to = reinterpret_cast<std::int32_t*>(step.output.host());
  for_each_choice(step, context, [&](std::int64_t i, const std::vector<float>&, std::span<const std::int32_t> places) {
    std::ranges::copy(places, to + i * static_cast<std::int64_t>(places.size()));
  });
}

void run_softmax(const Step& step, Context& context) {
  const DType dtype = step.output.dtype;
  for_each_choice(
      step, context, [&](std::int64_t i, const std::vector<float>& row, std::span<const std::int32_t> places) {
        std::vector<float> weights;
        for (const std::int32_t place : places) weights.push_back(row[static_cast<std::size_t>(place)]);
        const auto k = static_cast<std::int64_t>(weights.size());
        const float sum = simd::exponential_sum(weights.data(), weights.front(), k, weights.data());
        for (float& weight : weights) weight /= sum;
        store_floats(dtype, weights.data(), k, step.output.host() + i * k * static_cast<std::int64_t>(size_of(dtype)));
      });
}

}  // namespace

void add_top_k(KernelTable& table) {
  table.add<TopKIndices>({.run = run_indices, .strided_inputs = 1});
  table.add<TopKSoftmax>({.run = run_softmax, .strided_inputs = 1});
}

}  // namespace etna::cpu
