#include "engine/ops/norm.h"

#include <cmath>
#include <vector>

#include "engine/backend/cpu/kernel_table.h"
#include "engine/backend/cpu/rows.h"
#include "engine/backend/cpu/simd/simd.h"

namespace etna::cpu {

namespace {

void run(const Step& step, Context& context) {
  const View &x = step.inputs[0], &weight = step.inputs[1];
  const std::int64_t n = x.shape.back();
  if (x.size() == 0) return;
  const float eps = as<RmsNorm>(step.op.get())->eps;
  std::vector<float> factors(static_cast<std::size_t>(n));
  load_floats(weight.dtype, weight.host(), n, factors.data());
  context.pool.parallel_for(x.size() / n, grain_for(n), [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> row(static_cast<std::size_t>(n));
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t first = i * n;
      load_floats(x.dtype, x.host() + first * static_cast<std::int64_t>(size_of(x.dtype)), n, row.data());
      const float scale = 1 / std::sqrt(simd::dot(row.data(), row.data(), n) / static_cast<float>(n) + eps);
      for (std::size_t j = 0; j < row.size(); ++j) row[j] = row[j] * scale * factors[j];
      store_floats(step.output.dtype, row.data(), n, step.output.host() + first * static_cast<std::int64_t>(size_of(step.output.dtype)));
    }
  });
}

}  // namespace

void add_norm(KernelTable& table) { table.add<RmsNorm>({.run = run}); }

}  // namespace etna::cpu
