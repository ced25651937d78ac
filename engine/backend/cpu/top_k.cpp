#include "engine/ops/top_k.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "engine/backend/cpu/kernel_table.h"
#include "engine/backend/cpu/rows.h"

namespace etna::cpu {

namespace {

void run(const Step& step, Context& context) {
  const View& x = step.inputs[0];
  const std::int64_t n = x.shape.back(), k = step.output.shape.back();
  auto* to = reinterpret_cast<std::int32_t*>(step.output.host());
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
      std::copy_n(places.begin(), k, to + i * k);
    }
  });
}

}  // namespace

void add_top_k(KernelTable& table) {
  table.add<TopKIndices>({.run = run, .strided_inputs = 1});
}

}  // namespace etna::cpu
