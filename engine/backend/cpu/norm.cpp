#include "engine/ops/norm.h"

#include <cmath>
#include <vector>

#include "engine/backend/cpu/kernel_table.h"
#include "engine/backend/cpu/rows.h"
#include "engine/backend/cpu/simd/simd.h"

namespace etna::cpu {

namespace {

std::vector<float> widened(const View& vector) {
  std::vector<float> values(static_cast<std::size_t>(vector.size()));
  load_floats(vector.dtype, vector.host(), vector.size(), values.data());
  return values;
}

/// Calls change(row) for each row of x as floats and stores what it leaves.
template <class Change>
void for_each_row(const Step& step, Context& context, const Change& change) {
  const View& x = step.inputs[0];
  const std::int64_t n = x.shape.back();
  if (x.size() == 0) return;
  context.pool.parallel_for(x.size() / n, grain_for(n), [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> row(static_cast<std::size_t>(n));
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t first = i * n * static_cast<std::int64_t>(size_of(x.dtype));  // y has x's type
      load_floats(x.dtype, x.host() + first, n, row.data());
      change(row);
      store_floats(step.output.dtype, row.data(), n, step.output.host() + first);
    }
  });
}

float reciprocal_root_mean_square(const std::vector<float>& row, float eps) {
  const auto n = static_cast<std::int64_t>(row.size());
  return 1 / std::sqrt(simd::dot(row.data(), row.data(), n) / static_cast<float>(n) + eps);
}

void run_rms_norm(const Step& step, Context& context) {
  const auto& op = *as<RmsNorm>(step.op.get());
  std::vector<float> factors(static_cast<std::size_t>(step.output.shape.back()), 1.0f);
  if (step.inputs.size() > 1) {
    factors = widened(step.inputs[1]);
    for (float& factor : factors) factor += op.weight_offset;
  }
  for_each_row(step, context, [&](std::vector<float>& row) {
    const float scale = reciprocal_root_mean_square(row, op.eps);
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = row[j] * scale * factors[j];
  });
}

void run_rms_norm_gradient(const Step& step, Context& context) {
  const auto& op = *as<RmsNormGradient>(step.op.get());
  const View& x = step.inputs[1];
  const std::int64_t n = x.shape.back();
  if (x.size() == 0) return;
  std::vector<float> factors(static_cast<std::size_t>(n), 1.0f);
  if (step.inputs.size() > 2) {
    factors = widened(step.inputs[2]);
    for (float& factor : factors) factor += op.weight_offset;
  }
  context.pool.parallel_for(x.size() / n, grain_for(2 * n), [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> row(factors.size()), g(factors.size());
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t first = i * n * static_cast<std::int64_t>(size_of(x.dtype));
      load_floats(x.dtype, x.host() + first, n, row.data());
      load_floats(x.dtype, step.inputs[0].host() + first, n, g.data());
      for (std::size_t j = 0; j < g.size(); ++j) g[j] *= factors[j];
      const float scale = reciprocal_root_mean_square(row, op.eps);
      const float along = simd::dot(g.data(), row.data(), n) / static_cast<float>(n) * scale * scale;
      for (std::size_t j = 0; j < g.size(); ++j) g[j] = scale * (g[j] - along * row[j]);
      store_floats(step.output.dtype, g.data(), n, step.output.host() + first);
    }
  });
}

void run_layer_norm(const Step& step, Context& context) {
  const auto& op = *as<LayerNorm>(step.op.get());
  std::vector<float> factors(static_cast<std::size_t>(step.output.shape.back()), 1.0f), offsets(factors.size(), 0.0f);
  const std::vector<float> ones(factors.size(), 1.0f);
  const auto n = static_cast<std::int64_t>(ones.size());
  if (op.weight) factors = widened(step.inputs[1]);
  if (op.bias) offsets = widened(step.inputs.back());
  for_each_row(step, context, [&](std::vector<float>& row) {
    const float mean = simd::dot(row.data(), ones.data(), n) / static_cast<float>(n);
    for (float& value : row) value -= mean;
    const float scale = reciprocal_root_mean_square(row, op.eps);
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = row[j] * scale * factors[j] + offsets[j];
  });
}

}  // namespace

void add_norm(KernelTable& table) {
  table.add<RmsNorm>({.run = run_rms_norm});
  table.add<RmsNormGradient>({.run = run_rms_norm_gradient});
  table.add<LayerNorm>({.run = run_layer_norm});
}

}  // namespace etna::cpu
