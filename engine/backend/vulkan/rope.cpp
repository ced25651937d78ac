#include "engine/ops/rope.h"

#include "engine/backend/vulkan/args/rope.args.h"
#include "engine/backend/vulkan/kernel_name.h"
#include "engine/backend/vulkan/kernel_table.h"
#include "engine/backend/vulkan/rope_call.h"
#include "engine/backend/vulkan/strided.h"
#include "kernels/shaders.h"

namespace etna::vulkan {

namespace {

enum class Target : std::uint32_t { rows, cache };

/// `y_strides`: of y's axes (b, l, h, d).
void record(Recorder& recorder, std::string_view family, const View& x, const View& y, const Strides& y_strides,
            const View& offsets, const View* frequencies, std::int64_t places, Target target) {
  RopeArgs args{};
  args.x = x.address();
  args.y = y.address();
  args.offsets = offsets.address();
  args.frequencies = frequencies ? frequencies->address() : 0;
  args.batch = static_cast<std::uint32_t>(x.shape[0]);
  args.tokens = static_cast<std::uint32_t>(x.shape[1]);
  args.heads = static_cast<std::uint32_t>(x.shape[2]);
  args.dimensions = static_cast<std::uint32_t>(x.shape[3]);
  args.pairs = frequencies ? static_cast<std::uint32_t>(frequencies->size()) : 0;
  args.places = static_cast<std::uint32_t>(places);
  fill(args.x_strides, x.strides);
  fill(args.y_strides, y_strides);
  std::vector<ByteRange> reads{range_of(x), range_of(offsets)};
  if (frequencies) reads.push_back(range_of(*frequencies));
  recorder.dispatch(
      {kernel_name(family, x.dtype),
       shaders::rope,
       {static_cast<std::uint32_t>(x.dtype), static_cast<std::uint32_t>(y.dtype), static_cast<std::uint32_t>(target)},
       recorder.groups_for(x.size() / x.shape[3] * (x.shape[3] - args.pairs), 128),
       std::move(reads),
       {range_of(y)},
       {.bytes = 2 * x.bytes(), .flops = 3 * static_cast<std::uint64_t>(x.size())}},
      args);
}

void record_rope(Recorder& recorder, const Step& step) {
  record(recorder, "rope", step.inputs[0], step.output, step.output.strides, step.inputs[1], &step.inputs[2], 0,
         Target::rows);
}

bool supports(const Op& op, std::span<const Array>, const Shape&, DType) {
  const auto& rope = static_cast<const Rope&>(op);
  return rope.layout == RopeLayout::half_split && rope.magnitude == 1;
}

}  // namespace

void record_cache_rows(Recorder& recorder, std::string_view family, const View& cache, const View& rows,
                       const View& offsets, const View* frequencies) {
  if (rows.size() == 0) return;
  const Strides strides{cache.strides[0], cache.strides[2], cache.strides[1], cache.strides[3]};
  record(recorder, family, rows, cache, strides, offsets, frequencies, cache.shape[2], Target::cache);
}

void add_rope(KernelTable& table) {
  table.add<Rope>({.record = record_rope, .supports = supports, .strided_inputs = 0b001});
}

}  // namespace etna::vulkan
