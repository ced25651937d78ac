#include "engine/ops/attention_gradient.h"

#include <algorithm>
#include <bit>

#include "engine/backend/vulkan/args/attention_gradient.args.h"
#include "engine/backend/vulkan/attention_matrices.h"
#include "engine/backend/vulkan/kernel_name.h"
#include "engine/backend/vulkan/kernel_table.h"
#include "engine/backend/vulkan/recorder.h"
#include "kernels/shaders.h"

namespace etna::vulkan {

namespace {

constexpr std::int64_t largest_head = 256;

/// As the shaders number them.
enum class Part : std::uint32_t { log_sums, queries, keys_values };

std::uint32_t number(auto value) {
  return static_cast<std::uint32_t>(value);
}

/// Query rows and keys at a time, so that four tiles, the scores and their weights stay below 32 KiB, and a column of
/// all keys in 32 registers.
struct Tile {
  std::int64_t rows, keys;
};

Tile tile_for(std::int64_t dimensions) {
  if (dimensions <= 64) return {.rows = 16, .keys = 32};
  if (dimensions <= 128) return {.rows = 8, .keys = 16};
  return {.rows = 4, .keys = 8};
}

/// Inputs 4, 5 and 6 are dy, log sums and shares, but of log sums: there a fifth one is the sinks.
void record(Recorder& recorder, const Step& step, const Attention& op, Part part) {
  const View &q = step.inputs[0], &keys = step.inputs[1], &values = step.inputs[2];
  const std::int64_t size = q.shape[3], value_size = values.shape[3], group = q.shape[2] / keys.shape[1];
  const Tile tile = tile_for(std::max(size, value_size));
  const bool sinks = part == Part::log_sums && op.has_sinks;
  AttentionGradientArgs args{};
  args.q = q.address();
  args.keys = keys.address();
  args.values = values.address();
  args.offsets = step.inputs[3].address();
  if (sinks) args.sinks = step.inputs[4].address();
  if (part != Part::log_sums) {
    args.dy = step.inputs[4].address();
    args.log_sums = step.inputs[5].address();
    args.shares = step.inputs[6].address();
  }
  args.y = step.output.address();
  args.tokens = number(q.shape[1]);
  args.key_heads = number(keys.shape[1]);
  args.places = number(keys.shape[2]);
  args.window = number(op.window);
  args.scale = op.scale;
  const std::int64_t items = part == Part::keys_values ? keys.shape[2] : q.shape[1] * group;
  const std::int64_t each = part == Part::keys_values ? tile.keys : tile.rows;
  std::vector<ByteRange> reads;
  for (const View& input : step.inputs) reads.push_back(range_of(input));
  const DType no_sinks = DType::int32;
  recorder.dispatch(
      {kernel_name(step.op->name().c_str(), q.dtype),
       part == Part::keys_values ? shaders::attention_gradient_keys : shaders::attention_gradient_rows,
       {number(q.dtype), number(keys.dtype), number(values.dtype), number(size), number(value_size), number(group),
        number(tile.rows), number(tile.keys), number(op.keys.keep), std::bit_cast<std::uint32_t>(op.softcap),
        number(part), number(sinks ? step.inputs[4].dtype : no_sinks)},
       {number((items + each - 1) / each), number(keys.shape[1]), number(q.shape[0])},
       std::move(reads),
       {range_of(step.output)},
       step.op->work(step.inputs, step.output)},
      args);
}

void record_log_sum(Recorder& recorder, const Step& step) {
  const Attention& op = static_cast<const AttentionLogSum&>(*step.op).of;
  if (!record_attention_matrices(recorder, step, op, AttentionMatrixPart::log_sums)) record(recorder, step, op, Part::log_sums);
}

void record_gradient(Recorder& recorder, const Step& step) {
  const auto& op = static_cast<const AttentionGradient&>(*step.op);
  const bool queries = op.part == AttentionPart::queries;
  const auto part = queries ? AttentionMatrixPart::queries : AttentionMatrixPart::keys_values;
  if (record_attention_matrices(recorder, step, op.of, part)) return;
  record(recorder, step, op.of, queries ? Part::queries : Part::keys_values);
}

bool supports_plain(const Attention& op, std::span<const Array> inputs) {
  const bool plain = !op.keys.packed() && !op.values.packed() && !op.keys.ring;
  return plain && inputs[0].size() > 0 && inputs[0].shape(3) <= largest_head && inputs[2].shape(3) <= largest_head;
}

bool supports_log_sum(const Op& op, std::span<const Array> inputs, const Shape&, DType) {
  return supports_plain(static_cast<const AttentionLogSum&>(op).of, inputs);
}

bool supports_gradient(const Op& op, std::span<const Array> inputs, const Shape&, DType) {
  return supports_plain(static_cast<const AttentionGradient&>(op).of, inputs);
}

}  // namespace

void add_attention_gradient(KernelTable& table) {
  table.add<AttentionLogSum>({.record = record_log_sum, .supports = supports_log_sum, .strided_inputs = 0});
  table.add<AttentionGradient>({.record = record_gradient, .supports = supports_gradient, .strided_inputs = 0});
}

}  // namespace etna::vulkan
