#include "engine/ops/elementwise.h"

#include "engine/backend/vulkan/args/binary.args.h"
#include "engine/backend/vulkan/args/gate_gradient.args.h"
#include "engine/backend/vulkan/args/map.args.h"
#include "engine/backend/vulkan/args/select.args.h"
#include "engine/backend/vulkan/kernel_name.h"
#include "engine/backend/vulkan/kernel_table.h"
#include "engine/backend/vulkan/map_call.h"
#include "engine/backend/vulkan/strided.h"
#include "kernels/shaders.h"

namespace etna::vulkan {

namespace {

constexpr std::int64_t group_size = 256;

void record_unary(Recorder& recorder, const Step& step) {
  const auto& op = static_cast<const Unary&>(*step.op);
  record_map(recorder, kernel_name(op.name(), step.output.dtype), static_cast<std::uint32_t>(op.kind), step.inputs[0],
             step.output);
}

void record_cast(Recorder& recorder, const Step& step) {
  record_map(recorder, kernel_name("cast", step.output.dtype), map_convert, step.inputs[0], step.output);
}

void record_softcap(Recorder& recorder, const Step& step) {
  record_map(recorder, kernel_name("softcap", step.output.dtype), map_softcap, step.inputs[0], step.output,
             static_cast<const Softcap&>(*step.op).cap);
}

void record_binary(Recorder& recorder, const Step& step) {
  const auto& op = static_cast<const Binary&>(*step.op);
  const View& a = step.inputs[0];
  const View& b = step.inputs[1];
  const View* views[] = {&a, &b};
  const Axes axes = merge_axes(views, 6, "binary");
  BinaryArgs args{};
  args.a = a.address();
  args.b = b.address();
  args.y = step.output.address();
  args.count = static_cast<std::uint32_t>(step.output.size());
  args.rank = static_cast<std::uint32_t>(axes.shape.size());
  fill(args.shape, axes.shape);
  fill(args.a_strides, axes.strides[0]);
  fill(args.b_strides, axes.strides[1]);
  recorder.dispatch({kernel_name(op.name(), a.dtype),
                     shaders::binary,
                     {static_cast<std::uint32_t>(op.kind), static_cast<std::uint32_t>(a.dtype)},
                     recorder.groups_for(step.output.size(), group_size),
                     {range_of(a), range_of(b)},
                     {range_of(step.output)},
                     op.work(step.inputs, step.output)},
                    args);
}

void record_gate_gradient(Recorder& recorder, const Step& step) {
  const View &dy = step.inputs[0], &a = step.inputs[1], &b = step.inputs[2];
  GateGradientArgs args{};
  args.dy = dy.address();
  args.a = a.address();
  args.b = b.address();
  args.y = step.output.address();
  args.count = static_cast<std::uint32_t>(dy.size());
  const GateKind kind = static_cast<const GateGradient&>(*step.op).kind;
  recorder.dispatch({kernel_name("gate_gradient", dy.dtype),
                     shaders::gate_gradient,
                     {static_cast<std::uint32_t>(dy.dtype), static_cast<std::uint32_t>(kind)},
                     recorder.groups_for(dy.size(), group_size),
                     {range_of(dy), range_of(a), range_of(b)},
                     {range_of(step.output)},
                     step.op->work(step.inputs, step.output)},
                    args);
}

void record_select(Recorder& recorder, const Step& step) {
  const View* views[] = {&step.inputs[0], &step.inputs[1], &step.inputs[2]};
  const Axes axes = merge_axes(views, 5, "where");
  SelectArgs args{};
  args.condition = step.inputs[0].address();
  args.a = step.inputs[1].address();
  args.b = step.inputs[2].address();
  args.y = step.output.address();
  args.count = static_cast<std::uint32_t>(step.output.size());
  args.rank = static_cast<std::uint32_t>(axes.shape.size());
  fill(args.shape, axes.shape);
  fill(args.condition_strides, axes.strides[0]);
  fill(args.a_strides, axes.strides[1]);
  fill(args.b_strides, axes.strides[2]);
  recorder.dispatch({kernel_name("where", step.output.dtype),
                     shaders::select,
                     {static_cast<std::uint32_t>(step.output.dtype)},
                     recorder.groups_for(step.output.size(), group_size),
                     {range_of(step.inputs[0]), range_of(step.inputs[1]), range_of(step.inputs[2])},
                     {range_of(step.output)},
                     step.op->work(step.inputs, step.output)},
                    args);
}

}  // namespace

void record_map(Recorder& recorder, const std::string& name, std::uint32_t kind, const View& x, const View& y,
                float parameter) {
  const View* views[] = {&x, &y};
  const Axes axes = merge_axes(views, 6, name.c_str());
  MapArgs args{};
  args.x = x.address();
  args.y = y.address();
  args.count = static_cast<std::uint32_t>(y.size());
  args.rank = static_cast<std::uint32_t>(axes.shape.size());
  fill(args.shape, axes.shape);
  fill(args.x_strides, axes.strides[0]);
  fill(args.y_strides, axes.strides[1]);
  args.parameter = parameter;
  recorder.dispatch({name,
                     shaders::map,
                     {kind, static_cast<std::uint32_t>(x.dtype), static_cast<std::uint32_t>(y.dtype)},
                     recorder.groups_for(y.size(), group_size),
                     {range_of(x)},
                     {range_of(y)},
                     {.bytes = x.bytes() + y.bytes(), .flops = static_cast<std::uint64_t>(y.size())}},
                    args);
}

void add_elementwise(KernelTable& table) {
  table.add<Unary>({.record = record_unary, .supports = nullptr, .strided_inputs = 0b1});
  table.add<Cast>({.record = record_cast, .supports = nullptr, .strided_inputs = 0b1});
  table.add<Softcap>({.record = record_softcap, .supports = nullptr, .strided_inputs = 0b1});
  table.add<Binary>({.record = record_binary, .supports = nullptr, .strided_inputs = 0b11});
  table.add<GateGradient>({.record = record_gate_gradient, .supports = nullptr, .strided_inputs = 0});
  table.add<Select>({.record = record_select, .supports = nullptr, .strided_inputs = 0b111});
}

}  // namespace etna::vulkan
