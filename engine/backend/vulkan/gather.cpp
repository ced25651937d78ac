#include "engine/ops/gather.h"

#include "engine/backend/vulkan/args/ring_write.args.h"
#include "engine/backend/vulkan/args/scatter.args.h"
#include "engine/backend/vulkan/args/take.args.h"
#include "engine/backend/vulkan/kernel_name.h"
#include "engine/backend/vulkan/kernel_table.h"
#include "engine/backend/vulkan/map_call.h"
#include "kernels/shaders.h"

namespace etna::vulkan {

namespace {

void record_take(Recorder& recorder, const Step& step) {
  const View& table = step.inputs[0];
  const View& indices = step.inputs[1];
  TakeArgs args{};
  args.table = table.address();
  args.indices = indices.address();
  args.y = step.output.address();
  args.table_rows = static_cast<std::uint32_t>(table.shape[0]);
  args.row_elements = static_cast<std::uint32_t>(table.size() / table.shape[0]);
  args.count = static_cast<std::uint32_t>(step.output.size());
  recorder.dispatch({kernel_name("take", table.dtype),
                     shaders::take,
                     {static_cast<std::uint32_t>(table.dtype), 0},
                     recorder.groups_for(step.output.size(), 256),
                     {range_of(table), range_of(indices)},
                     {range_of(step.output)},
                     {.bytes = 2 * step.output.bytes() + indices.bytes(), .flops = 0}},
                    args);
}

void record_take_along_last(Recorder& recorder, const Step& step) {
  const View& x = step.inputs[0];
  const View& indices = step.inputs[1];
  TakeArgs args{};
  args.table = x.address();
  args.indices = indices.address();
  args.y = step.output.address();
  args.table_rows = static_cast<std::uint32_t>(x.shape.back());
  args.row_elements = 1;
  args.count = static_cast<std::uint32_t>(step.output.size());
  args.row_indices = static_cast<std::uint32_t>(indices.shape.back());
  recorder.dispatch({kernel_name("take_along_last", x.dtype),
                     shaders::take,
                     {static_cast<std::uint32_t>(x.dtype), 1},
                     recorder.groups_for(step.output.size(), 256),
                     {range_of(x), range_of(indices)},
                     {range_of(step.output)},
                     {.bytes = 2 * step.output.bytes() + indices.bytes(), .flops = 0}},
                    args);
}

void record_scatter_add(Recorder& recorder, const Step& step) {
  const View &updates = step.inputs[0], &indices = step.inputs[1], &y = step.output;
  if (y.size() == 0) return;
  ScatterArgs args{};
  args.updates = updates.address();
  args.indices = indices.address();
  args.y = y.address();
  args.count = static_cast<std::uint32_t>(indices.size());
  args.rows = static_cast<std::uint32_t>(y.shape[0]);
  args.n = static_cast<std::uint32_t>(y.size() / y.shape[0]);
  const auto type = static_cast<std::uint32_t>(y.dtype);
  recorder.dispatch({kernel_name("scatter_zeros", y.dtype),
                     shaders::scatter,
                     {type, 0},
                     recorder.groups_for(args.rows, 1),
                     {},
                     {range_of(y)},
                     {.bytes = y.bytes(), .flops = 0}},
                    args);
  if (args.count == 0) return;
  recorder.dispatch(
      {kernel_name("scatter_add", y.dtype),
       shaders::scatter,
       {type, 1},
       recorder.groups_for(args.count, 1),
       {range_of(updates), range_of(indices)},
       {range_of(y)},
       {.bytes = 2 * updates.bytes() + indices.bytes(), .flops = static_cast<std::uint64_t>(updates.size())}},
      args);
}

void record_assign(Recorder& recorder, const Step& step) {
  record_map(recorder, kernel_name("assign", step.output.dtype), map_convert, step.inputs[1], step.inputs[0]);
}

void record_ring_write(Recorder& recorder, const Step& step) {
  const View& ring = step.inputs[0];
  RingWriteArgs args{};
  args.ring = ring.address();
  args.value = step.inputs[1].address();
  args.position = step.inputs[2].address();
  args.size = static_cast<std::uint32_t>(ring.shape[0]);
  args.stride = static_cast<std::uint32_t>(ring.strides[0]);
  recorder.dispatch({kernel_name("ring_write", ring.dtype),
                     shaders::ring_write,
                     {},
                     {},
                     {range_of(step.inputs[1]), range_of(step.inputs[2])},
                     {range_of(ring)},
                     {.bytes = 12, .flops = 0}},
                    args);
}

}  // namespace

void add_gather(KernelTable& table) {
  table.add<Take>({.record = record_take, .supports = nullptr, .strided_inputs = 0});
  table.add<TakeAlongLast>({.record = record_take_along_last, .supports = nullptr, .strided_inputs = 0});
  table.add<ScatterAdd>({.record = record_scatter_add, .supports = nullptr, .strided_inputs = 0});
  table.add<Assign>({.record = record_assign, .supports = nullptr, .strided_inputs = 0b11});
  table.add<RingWrite>({.record = record_ring_write, .supports = nullptr, .strided_inputs = 0b110});
}

}  // namespace etna::vulkan
