#include "engine/ops/loss.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/backend/cpu/kernel_table.h"
#include "engine/backend/cpu/rows.h"
#include "engine/backend/cpu/simd/simd.h"

namespace etna::cpu {

namespace {

/// One row of logits as exponentials less their largest.
struct ExponentialRow {
  std::vector<float> values;
  float right = 0;  // the target's logit less the largest
  float sum = 0;

  void load(const View& logits, std::int64_t row, std::int64_t target) {
    const std::int64_t n = logits.shape[1];
    values.resize(static_cast<std::size_t>(n));
    load_floats(logits.dtype, logits.host() + row * n * static_cast<std::int64_t>(size_of(logits.dtype)), n,
                values.data());
    const float largest = *std::ranges::max_element(values);
    right = values[static_cast<std::size_t>(target)] - largest;
    sum = simd::exponential_sum(values.data(), largest, n, values.data());
  }
};

/// Calls body(row, target) for rows that count and skip(row) for the others.
template <class Body, class Skip>
void for_each_row(const Step& step, Context& context, const Body& body, const Skip& skip) {
  const View& logits = step.inputs[0];
  const auto* targets = reinterpret_cast<const std::int32_t*>(step.inputs[1].host());
  const std::int64_t n = logits.shape[1];
  context.pool.parallel_for(logits.shape[0], grain_for(4 * n), [&](std::int64_t begin, std::int64_t end) {
    ExponentialRow exponentials;
    for (std::int64_t row = begin; row < end; ++row) {
      if (targets[row] < 0) {
        skip(row);
        continue;
      }
      const std::int64_t target = std::min<std::int64_t>(targets[row], n - 1);
      exponentials.load(logits, row, target);
      body(row, target, exponentials);
    }
  });
}

void run_cross_entropy(const Step& step, Context& context) {
  auto* losses = reinterpret_cast<float*>(step.output.host());
  for_each_row(
      step, context,
      [&](std::int64_t row, std::int64_t, const ExponentialRow& e) { losses[row] = std::log(e.sum) - e.right; },
      [&](std::int64_t row) { losses[row] = 0; });
}

void run_gradient(const Step& step, Context& context) {
  const auto* factors = reinterpret_cast<const float*>(step.inputs[2].host());
  const View& out = step.output;
  const std::int64_t n = out.shape[1];
  const auto place = [&](std::int64_t row) {
    return out.host() + row * n * static_cast<std::int64_t>(size_of(out.dtype));
  };
  for_each_row(
      step, context,
      [&](std::int64_t row, std::int64_t target, ExponentialRow& e) {
        const float scale = factors[row] / e.sum;
        for (float& value : e.values) value *= scale;
        e.values[static_cast<std::size_t>(target)] -= factors[row];
        store_floats(out.dtype, e.values.data(), n, place(row));
      },
      [&](std::int64_t row) {
        std::fill_n(place(row), static_cast<std::size_t>(n) * size_of(out.dtype), std::byte{0});
      });
}

}  // namespace

void add_loss(KernelTable& table) {
  table.add<CrossEntropy>({.run = run_cross_entropy});
  table.add<CrossEntropyGradient>({.run = run_gradient});
}

}  // namespace etna::cpu
