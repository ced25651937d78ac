#include "engine/ops/rope.h"

#include "engine/backend/vulkan/args/rope.args.h"
#include "engine/backend/vulkan/kernel_name.h"
#include "engine/backend/vulkan/kernel_table.h"
#include "engine/backend/vulkan/rope_call.h"
#include "engine/backend/vulkan/strided.h"
#include "kernels/shaders.h"

namespace etna::vulkan {

namespace {

std::uint32_t number(auto value) {
  return static_cast<std::uint32_t>(value);
}

/// `y_strides`: of y's axes (b, l, h, d).
RopeArgs arguments(const View& x, const View& y, const Strides& y_strides, const View& offsets, const Turn* turn) {
  RopeArgs args{};
  args.x = x.address();
  args.y = y.address();
  args.offsets = offsets.address();
  args.batch = number(x.shape[0]);
  args.tokens = number(x.shape[1]);
  args.heads = number(x.shape[2]);
  args.dimensions = number(x.shape[3]);
  if (turn) {
    args.frequencies = turn->frequencies.address();
    args.pairs = number(turn->frequencies.size());
    args.magnitude = turn->op.magnitude;
  }
  fill(args.x_strides, x.strides);
  fill(args.y_strides, y_strides);
  return args;
}

std::vector<ByteRange> reads(const View& x, const View& offsets, const Turn* turn) {
  std::vector<ByteRange> ranges{range_of(x), range_of(offsets)};
  if (turn) ranges.push_back(range_of(turn->frequencies));
  return ranges;
}

std::uint32_t interleaved(const Turn* turn) {
  return turn && turn->op.layout == RopeLayout::interleaved;
}

void record_rope(Recorder& recorder, const Step& step) {
  const View& x = step.inputs[0];
  const View& y = step.output;
  const Turn turn{step.inputs[2], static_cast<const Rope&>(*step.op)};
  const RopeArgs args = arguments(x, y, y.strides, step.inputs[1], &turn);
  recorder.dispatch({kernel_name("rope", x.dtype),
                     shaders::rope,
                     {number(x.dtype), number(y.dtype), 0, interleaved(&turn), 0, 0},
                     recorder.groups_for(x.size() / x.shape[3] * (x.shape[3] - args.pairs), 128),
                     reads(x, step.inputs[1], &turn),
                     {range_of(y)},
                     {.bytes = 2 * x.bytes(), .flops = 3 * static_cast<std::uint64_t>(x.size())}},
                    args);
}

}  // namespace

void record_cache_rows(Recorder& recorder, std::string_view family, const View& cache, const View& rows,
                       const View& offsets, const CacheLayout& layout, const Turn* turn) {
  if (rows.size() == 0) return;
  const Strides strides{cache.strides[0], cache.strides[2], cache.strides[1], cache.strides[3]};
  RopeArgs args = arguments(rows, cache, strides, offsets, turn);
  args.places = number(cache.shape[2]);
  const std::int64_t size = rows.shape[3];
  const std::int64_t count = rows.size() / size;
  const Work work{.bytes = rows.bytes() + static_cast<std::uint64_t>(count * cache.shape[3]) * size_of(cache.dtype),
                  .flops = turn ? 3 * static_cast<std::uint64_t>(rows.size()) : 0};
  if (layout.packed()) {
    recorder.dispatch({kernel_name(family, rows.dtype),
                       shaders::cache_pack,
                       {number(rows.dtype), interleaved(turn), layout.ring, number(layout.keep), number(layout.bits),
                        number(layout.group_size)},
                       recorder.groups_for(count * (size / layout.group_size), 1),
                       reads(rows, offsets, turn),
                       {range_of(cache)},
                       work},
                      args);
  } else {
    recorder.dispatch({kernel_name(family, rows.dtype),
                       shaders::rope,
                       {number(rows.dtype), number(cache.dtype), 1, interleaved(turn), layout.ring, number(layout.keep)},
                       recorder.groups_for(count * (size - args.pairs), 128),
                       reads(rows, offsets, turn),
                       {range_of(cache)},
                       work},
                      args);
  }
}

void add_rope(KernelTable& table) {
  table.add<Rope>({.record = record_rope, .supports = nullptr, .strided_inputs = 0b001});
}

}  // namespace etna::vulkan
