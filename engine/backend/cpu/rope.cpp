#include "engine/ops/rope.h"

#include "engine/backend/cpu/kernel_table.h"
#include "engine/backend/cpu/rotate.h"

namespace etna::cpu {

namespace {

void run(const Step& step, Context& context) {
  const View &x = step.inputs[0], &out = step.output;
  const std::int64_t length = x.shape[1], heads = x.shape[2], size = x.shape[3];
  const auto element = static_cast<std::int64_t>(size_of(x.dtype));
  context.pool.parallel_for(x.shape[0] * length, 8, [&](std::int64_t begin, std::int64_t end) {
    Rotation rotation(static_cast<const Rope&>(*step.op), step.inputs[1], step.inputs[2], size);
    for (std::int64_t row = begin; row < end; ++row) {
      rotation.set_position(row / length, row % length);
      for (std::int64_t head = 0; head < heads; ++head) {
        const std::int64_t first = (row * heads + head) * size * element;
        store_floats(out.dtype, rotation.turn(x.dtype, x.host() + first), size, out.host() + first);
      }
    }
  });
}

}  // namespace

void add_rope(KernelTable& table) { table.add<Rope>({.run = run}); }

}  // namespace etna::cpu
