#include "engine/ops/view.h"

#include <cstring>

#include "engine/backend/cpu/kernel_table.h"
#include "engine/backend/cpu/rows.h"

namespace etna::cpu {

namespace {

template <class T>
void copy_strided(const std::byte* from, std::int64_t stride, std::int64_t count, std::byte* to) {
  for (std::int64_t i = 0; i < count; ++i) {
    std::memcpy(to + i * static_cast<std::int64_t>(sizeof(T)), from + i * stride * static_cast<std::int64_t>(sizeof(T)), sizeof(T));
  }
}

void copy_run(std::size_t size, const std::byte* from, std::int64_t stride, std::int64_t count, std::byte* to) {
  if (stride == 1) std::memcpy(to, from, static_cast<std::size_t>(count) * size);
  else if (size == 4) copy_strided<std::uint32_t>(from, stride, count, to);
  else if (size == 2) copy_strided<std::uint16_t>(from, stride, count, to);
  else copy_strided<std::uint8_t>(from, stride, count, to);
}

void run_copy(const Step& step, Context& context) {
  const View& input = step.inputs[0];
  const std::size_t size = size_of(input.dtype);
  context.pool.parallel_for(input.size(), 16384, [&](std::int64_t begin, std::int64_t end) {
    for_each_run(input, begin, end, [&](const std::byte* from, std::int64_t stride, std::int64_t count, std::int64_t first) {
      copy_run(size, from, stride, count, step.output.host() + static_cast<std::size_t>(first) * size);
    });
  });
}

void run_concatenate(const Step& step, Context&) {
  const auto axis = static_cast<std::size_t>(as<Concatenate>(step.op.get())->axis);
  const std::size_t size = size_of(step.output.dtype);
  std::int64_t inner = 1;
  for (std::size_t i = axis + 1; i < step.output.shape.size(); ++i) inner *= step.output.shape[i];
  const std::int64_t row = step.output.shape[axis] * inner;
  std::int64_t place = 0;
  for (const View& part : step.inputs) {
    const std::int64_t run = part.shape[axis] * inner;
    for_each_run(part, 0, part.size(), [&](const std::byte* from, std::int64_t stride, std::int64_t count, std::int64_t first) {
      const auto element = static_cast<std::int64_t>(size);
      while (count > 0) {  // a run may span several rows of the output
        const std::int64_t piece = std::min(count, run - first % run);
        copy_run(size, from, stride, piece, step.output.host() + (first / run * row + place + first % run) * element);
        from += piece * stride * element;
        first += piece;
        count -= piece;
      }
    });
    place += run;
  }
}

}  // namespace

void add_view(KernelTable& table) {
  table.add<Copy>({.run = run_copy, .strided_inputs = 1});
  table.add<Concatenate>({.run = run_concatenate, .strided_inputs = ~0u});
}

}  // namespace etna::cpu
