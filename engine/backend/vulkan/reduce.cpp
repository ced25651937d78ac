#include "engine/ops/reduce.h"

#include "engine/backend/vulkan/args/reduce.args.h"
#include "engine/backend/vulkan/kernel_name.h"
#include "engine/backend/vulkan/kernel_table.h"
#include "engine/backend/vulkan/pick_call.h"
#include "engine/backend/vulkan/strided.h"
#include "kernels/shaders.h"

namespace etna::vulkan {

namespace {

constexpr std::int64_t longest_row_of_group = 4096;  // longer ones, if alone, are shared by workgroups

void record_reduce(Recorder& recorder, const Step& step) {
  const auto& op = static_cast<const Reduce&>(*step.op);
  const View& x = step.inputs[0];
  const bool one_long_row = x.size() == x.shape.back() && x.contiguous() && x.size() >= longest_row_of_group;
  if (op.kind == ReduceKind::argmax && one_long_row && is_floating(x.dtype)) {
    record_pick(recorder, op.name(), x, step.output, nullptr);
    return;
  }
  View rows = x;
  rows.shape.pop_back();
  rows.strides.pop_back();
  const View* views[] = {&rows};
  const Axes axes = merge_axes(views, 5, "reduce");
  ReduceArgs args{};
  args.x = x.address();
  args.y = step.output.address();
  args.rows = static_cast<std::uint32_t>(rows.size());
  args.n = static_cast<std::uint32_t>(x.shape.back());
  args.stride = static_cast<std::uint32_t>(x.strides.back());
  args.rank = static_cast<std::uint32_t>(axes.shape.size());
  fill(args.shape, axes.shape);
  fill(args.strides, axes.strides[0]);
  recorder.dispatch({kernel_name(op.name(), x.dtype),
                     shaders::reduce,
                     {static_cast<std::uint32_t>(op.kind), static_cast<std::uint32_t>(x.dtype)},
                     recorder.groups_for(args.rows, 1),
                     {range_of(x)},
                     {range_of(step.output)},
                     op.work(step.inputs, step.output)},
                    args);
}

}  // namespace

void add_reduce(KernelTable& table) {
  table.add<Reduce>({.record = record_reduce, .supports = nullptr, .strided_inputs = 0b1});
}

}  // namespace etna::vulkan
