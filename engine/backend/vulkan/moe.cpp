#include "engine/ops/moe.h"

#include "engine/backend/vulkan/args/combine_experts.args.h"
#include "engine/backend/vulkan/args/expert_outer_sum.args.h"
#include "engine/backend/vulkan/kernel_name.h"
#include "engine/backend/vulkan/kernel_table.h"
#include "engine/backend/vulkan/product_call.h"
#include "kernels/shaders.h"

namespace etna::vulkan {

namespace {

void record_combine(Recorder& recorder, const Step& step) {
  const View& x = step.inputs[0];
  const View* residual = step.inputs.size() > 2 ? &step.inputs[2] : nullptr;
  CombineExpertsArgs args{};
  args.x = x.address();
  args.weights = step.inputs[1].address();
  args.residual = residual ? residual->address() : 0;
  args.y = step.output.address();
  args.slots = static_cast<std::uint32_t>(x.shape[1]);
  args.n = static_cast<std::uint32_t>(x.shape[2]);
  args.count = static_cast<std::uint32_t>(step.output.size());
  std::vector<ByteRange> reads{range_of(x), range_of(step.inputs[1])};
  if (residual) reads.push_back(range_of(*residual));
  recorder.dispatch({kernel_name("combine_experts", x.dtype),
                     shaders::combine_experts,
                     {static_cast<std::uint32_t>(x.dtype)},
                     recorder.groups_for(step.output.size(), 256),
                     std::move(reads),
                     {range_of(step.output)},
                     {.bytes = x.bytes() + step.output.bytes(), .flops = 2 * static_cast<std::uint64_t>(x.size())}},
                    args);
}

/// The weight whose arrays start at input `first`.
WeightViews weight_at(const Step& step, std::size_t first, const std::optional<PackedFormat>& format) {
  if (format) return packed_weight(step, first, *format);
  const View* weight = &step.inputs[first];
  return {.format = weight_format(weight->dtype), .weight = weight};
}

ExpertRows expert_rows(const Step& step) {
  const View& indices = step.inputs[1];
  return {.indices = &indices,
          .experts = step.inputs[2].shape[0],
          .pairs_of_row = step.inputs[0].shape.size() == 3 ? 1 : indices.shape.back()};
}

void record_matmul(Recorder& recorder, const Step& step) {
  const auto& op = static_cast<const ExpertMatmul&>(*step.op);
  ExpertRows rows = expert_rows(step);
  if (op.bias) rows.bias = &step.inputs.back();
  record_product(recorder, {.x = step.inputs[0],
                            .y = step.output,
                            .weight = weight_at(step, 2, op.format),
                            .up = std::nullopt,
                            .work = op.work(step.inputs, step.output),
                            .experts = rows});
}

void record_gated(Recorder& recorder, const Step& step) {
  const auto& op = static_cast<const ExpertGated&>(*step.op);
  ExpertRows rows = expert_rows(step);
  if (op.bias) {
    rows.bias = &step.inputs[1 + op.arrays()];
    rows.up_bias = &step.inputs.back();
  }
  record_product(recorder, {.x = step.inputs[0],
                            .y = step.output,
                            .weight = weight_at(step, 2, op.format),
                            .up = weight_at(step, 2 + op.arrays(), op.format),
                            .work = op.work(step.inputs, step.output),
                            .gate = op.kind,
                            .experts = rows});
}

void record_back(Recorder& recorder, const Step& step) {
  const auto& op = static_cast<const ExpertMatmulBack&>(*step.op);
  if (step.output.size() == 0) return;
  record_product(recorder, {.x = step.inputs[0],
                            .y = step.output,
                            .weight = weight_at(step, 2, op.format),
                            .up = std::nullopt,
                            .work = op.work(step.inputs, step.output),
                            .experts = expert_rows(step),
                            .transposed = false});
}

void record_outer_sum(Recorder& recorder, const Step& step) {
  const View &dy = step.inputs[0], &x = step.inputs[1], &indices = step.inputs[2];
  if (step.output.size() == 0) return;
  ExpertOuterSumArgs args{};
  args.dy = dy.address();
  args.x = x.address();
  args.indices = indices.address();
  args.y = step.output.address();
  args.pairs = static_cast<std::uint32_t>(indices.size());
  args.experts = static_cast<std::uint32_t>(step.output.shape[0]);
  args.n = static_cast<std::uint32_t>(step.output.shape[1]);
  args.k = static_cast<std::uint32_t>(step.output.shape[2]);
  recorder.dispatch({kernel_name("expert_outer_sum", dy.dtype),
                     shaders::expert_outer_sum,
                     {static_cast<std::uint32_t>(dy.dtype), static_cast<std::uint32_t>(step.output.dtype)},
                     {(args.k + 15) / 16, (args.n + 15) / 16, args.experts},
                     {range_of(dy), range_of(x), range_of(indices)},
                     {range_of(step.output)},
                     step.op->work(step.inputs, step.output)},
                    args);
}

/// Inputs of all kinds of products: the weight is the third.
bool can_sort(const Op&, std::span<const Array> inputs, const Shape&, DType) {
  return inputs[2].shape(0) <= most_sorted_experts;
}

}  // namespace

void add_moe(KernelTable& table) {
  table.add<ExpertMatmul>({.record = record_matmul, .supports = can_sort, .strided_inputs = 0});
  table.add<ExpertGated>({.record = record_gated, .supports = can_sort, .strided_inputs = 0});
  table.add<ExpertMatmulBack>({.record = record_back, .supports = can_sort, .strided_inputs = 0});
  table.add<ExpertOuterSum>({.record = record_outer_sum, .supports = nullptr, .strided_inputs = 0});
  table.add<CombineExperts>({.record = record_combine, .supports = nullptr, .strided_inputs = 0});
}

}  // namespace etna::vulkan
