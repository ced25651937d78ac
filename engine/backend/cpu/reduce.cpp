#include "engine/ops/reduce.h"

#include <vector>

#include "engine/backend/cpu/kernel_table.h"
#include "engine/backend/cpu/rows.h"

namespace etna::cpu {

namespace {

float reduce_row(ReduceKind kind, const std::vector<float>& row) {
  double sum = 0;
  std::size_t best = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    sum += static_cast<double>(row[i]);
    if (kind == ReduceKind::minimum ? row[i] < row[best] : row[i] > row[best]) best = i;
  }
  switch (kind) {
    case ReduceKind::sum: return static_cast<float>(sum);
    case ReduceKind::argmax: return static_cast<float>(best);
    default: return row[best];
  }
}

void run(const Step& step, Context& context) {
  const ReduceKind kind = as<Reduce>(step.op.get())->kind;
  const View& x = step.inputs[0];
  const std::int64_t n = x.shape.back();
  context.pool.parallel_for(step.output.size(), grain_for(n), [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> row(static_cast<std::size_t>(n));
    for (std::int64_t i = begin; i < end; ++i) {
      gather_floats(x, i * n, (i + 1) * n, row.data());
      const float value = n == 0 ? 0 : reduce_row(kind, row);
      std::byte* to = step.output.host() + static_cast<std::size_t>(i) * size_of(step.output.dtype);
      if (step.output.dtype == DType::int32) *reinterpret_cast<std::int32_t*>(to) = static_cast<std::int32_t>(value);
      else store_floats(step.output.dtype, &value, 1, to);
    }
  });
}

}  // namespace

void add_reduce(KernelTable& table) { table.add<Reduce>({.run = run, .strided_inputs = 1}); }

}  // namespace etna::cpu
