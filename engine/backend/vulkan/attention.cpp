#include "engine/ops/attention.h"

#include <algorithm>
#include <bit>

#include "engine/backend/vulkan/args/attention.args.h"
#include "engine/backend/vulkan/args/attention_combine.args.h"
#include "engine/backend/vulkan/attention_matrices.h"
#include "engine/backend/vulkan/kernel_name.h"
#include "engine/backend/vulkan/kernel_table.h"
#include "engine/backend/vulkan/recorder.h"
#include "engine/backend/vulkan/strided.h"
#include "kernels/shaders.h"

namespace etna::vulkan {

namespace {

constexpr std::int64_t largest_head = 256;
constexpr std::int64_t most_splits = 32;
constexpr std::int64_t wanted_groups = 256;  // to fill a large device

std::uint32_t number(auto value) {
  return static_cast<std::uint32_t>(value);
}

struct AttentionPlan {
  std::int64_t rows;    // queries of a workgroup
  std::int64_t block;   // keys at a time
  std::int64_t blocks;  // of queries
  std::int64_t splits;  // of the keys
};

/// Shared memory stays below 32 KiB: block · (D + 1) + rows · (D + block) floats.
AttentionPlan plan(const Attention& op, const View& q, const View& keys, const View& y) {
  const std::int64_t heads = keys.shape[1];
  const std::int64_t dimensions = std::max(q.shape[3], y.shape[3]);
  const std::int64_t queries = q.shape[1] * q.shape[2] / heads;
  AttentionPlan plan{};
  const std::int64_t most_rows = dimensions > 128 ? 8 : 16;
  plan.rows = std::min<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(queries)), most_rows);
  plan.block = dimensions > 128 ? 16 : 32;
  plan.blocks = (queries + plan.rows - 1) / plan.rows;
  const std::int64_t groups = plan.blocks * heads * q.shape[0];
  const std::int64_t seen = op.window > 0 ? std::min(keys.shape[2], op.window + plan.rows) : keys.shape[2];
  const std::int64_t useful = (seen + 2 * plan.block - 1) / (2 * plan.block);
  plan.splits = std::clamp<std::int64_t>(wanted_groups / groups, 1, std::clamp<std::int64_t>(useful, 1, most_splits));
  return plan;
}

/// Rows of keys start at multiples of 16 bytes and hold multiples of eight elements without gaps.
bool loads_vectors(const View& keys) {
  const auto aligned = [&](std::int64_t elements) {
    return elements * static_cast<std::int64_t>(size_of(keys.dtype)) % 16 == 0;
  };
  return keys.shape[3] % 8 == 0 && keys.strides[3] == 1 && keys.address() % 16 == 0 && aligned(keys.strides[0]) &&
         aligned(keys.strides[1]) && aligned(keys.strides[2]);
}

/// The shader's specialization constants, in their order.
Constants constants(const Step& step, const AttentionPlan& plan) {
  const auto& op = static_cast<const Attention&>(*step.op);
  const View& q = step.inputs[0];
  const View& keys = step.inputs[1];
  const DType no_sinks = DType::int32;
  return {number(q.dtype),
          number(keys.dtype),
          number(step.inputs[2].dtype),
          number(q.shape[3]),
          number(q.shape[2] / keys.shape[1]),
          number(plan.rows),
          number(plan.block),
          !op.keys.packed() && loads_vectors(keys),
          plan.splits > 1,
          number(step.output.shape[3]),
          op.window > 0,
          op.keys.ring,
          number(op.keys.keep),
          std::bit_cast<std::uint32_t>(op.softcap),
          number(op.has_sinks ? step.inputs[4].dtype : no_sinks),
          number(op.keys.bits),
          number(op.values.bits),
          number(op.keys.packed() ? op.keys.group_size : op.values.group_size)};
}

AttentionArgs arguments(const Step& step, const AttentionPlan& plan) {
  const auto& op = static_cast<const Attention&>(*step.op);
  const View& q = step.inputs[0];
  const View& keys = step.inputs[1];
  const View& values = step.inputs[2];
  AttentionArgs args{};
  args.q = q.address();
  args.keys = keys.address();
  args.values = values.address();
  args.offsets = step.inputs[3].address();
  fill(args.q_strides, q.strides);
  fill(args.key_strides, keys.strides);
  fill(args.value_strides, values.strides);
  args.tokens = number(q.shape[1]);
  args.key_heads = number(keys.shape[1]);
  args.places = number(keys.shape[2]);
  args.splits = number(plan.splits);
  args.scale = op.scale;
  args.window = number(op.window);
  if (op.has_sinks) args.sinks = step.inputs[4].address();
  return args;
}

void record_combine(Recorder& recorder, const Step& step, const AttentionPlan& plan, const Scratch& sums,
                    const Scratch& stats) {
  AttentionCombineArgs args{};
  args.sums = sums.address();
  args.stats = stats.address();
  args.y = step.output.address();
  args.dimensions = number(step.output.shape[3]);
  args.rows = number(step.output.size() / step.output.shape[3]);
  recorder.dispatch({kernel_name("attention_combine", step.output.dtype),
                     shaders::attention_combine,
                     {number(step.output.dtype), number(plan.splits)},
                     recorder.groups_for(args.rows, 1),
                     {sums.range(), stats.range()},
                     {range_of(step.output)},
                     {.bytes = sums.buffer->bytes() + step.output.bytes(),
                      .flops = 2 * static_cast<std::uint64_t>(step.output.size() * plan.splits)}},
                    args);
}

void record_attention(Recorder& recorder, const Step& step) {
  const auto& op = static_cast<const Attention&>(*step.op);
  if (record_attention_matrices(recorder, step, op, AttentionMatrixPart::output)) return;
  const View& q = step.inputs[0];
  const View& keys = step.inputs[1];
  const View& y = step.output;
  const AttentionPlan shape = plan(op, q, keys, y);
  const bool split = shape.splits > 1;
  AttentionArgs args = arguments(step, shape);
  std::vector<ByteRange> writes{range_of(y)}, reads;
  for (const View& input : step.inputs) reads.push_back(range_of(input));
  args.y = y.address();
  Scratch sums, stats;
  if (split) {
    const auto parts = static_cast<std::size_t>(q.shape[0] * q.shape[1] * q.shape[2] * shape.splits);
    sums = recorder.scratch(parts * static_cast<std::size_t>(y.shape[3]) * sizeof(float));
    stats = recorder.scratch(parts * 2 * sizeof(float));
    args.y = sums.address();
    args.stats = stats.address();
    writes = {sums.range(), stats.range()};
  }
  recorder.dispatch(
      {kernel_name("attention", q.dtype),
       shaders::attention,
       constants(step, shape),
       {number(shape.blocks), number(keys.shape[1] * shape.splits), number(q.shape[0])},
       std::move(reads),
       std::move(writes),
       step.op->work(step.inputs, step.output)},
      args);
  if (split) record_combine(recorder, step, shape, sums, stats);
}

bool supports_attention(const Op& op, std::span<const Array> inputs, const Shape& shape, DType) {
  const auto& attention = static_cast<const Attention&>(op);
  const bool one_group = !attention.keys.packed() || !attention.values.packed() || attention.keys.group_size == attention.values.group_size;
  return inputs[0].shape(3) <= largest_head && shape[3] <= largest_head && one_group;
}

}  // namespace

void add_attention(KernelTable& table) {
  table.add<Attention>({.record = record_attention, .supports = supports_attention, .strided_inputs = 0b0111});
}

}  // namespace etna::vulkan
