#include "engine/ops/softmax.h"

#include <algorithm>
#include <vector>

#include "engine/backend/cpu/kernel_table.h"
#include "engine/backend/cpu/rows.h"
#include "engine/backend/cpu/simd/simd.h"

namespace etna::cpu {

namespace {

void run(const Step& step, Context& context) {
  const View& x = step.inputs[0];
  const std::int64_t n = x.shape.back();
  if (x.size() == 0) return;
  context.pool.parallel_for(x.size() / n, grain_for(4 * n), [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> row(static_cast<std::size_t>(n));
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t first = i * n;
      load_floats(x.dtype, x.host() + first * static_cast<std::int64_t>(size_of(x.dtype)), n, row.data());
      const float sum = simd::exponential_sum(row.data(), *std::ranges::max_element(row), n, row.data());
      for (float& value : row) value /= sum;
      store_floats(step.output.dtype, row.data(), n, step.output.host() + first * static_cast<std::int64_t>(size_of(step.output.dtype)));
    }
  });
}

}  // namespace

void add_softmax(KernelTable& table) { table.add<Softmax>({.run = run}); }

}  // namespace etna::cpu
