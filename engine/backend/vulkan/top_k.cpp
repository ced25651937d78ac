#include "engine/ops/top_k.h"

#include "engine/backend/vulkan/args/top_k.args.h"
#include "engine/backend/vulkan/kernel_name.h"
#include "engine/backend/vulkan/kernel_table.h"
#include "engine/backend/vulkan/recorder.h"
#include "kernels/shaders.h"

namespace etna::vulkan {

namespace {

void record(Recorder& recorder, const Step& step, bool weights) {
  const View& x = step.inputs[0];
  TopKArgs args{};
  args.x = x.address();
  args.y = step.output.address();
  args.n = static_cast<std::uint32_t>(x.shape.back());
  args.rows = static_cast<std::uint32_t>(x.size() / x.shape.back());
  args.k = static_cast<std::uint32_t>(step.output.shape.back());
  const std::uint32_t threads = args.n > 256 ? 256 : 64;
  recorder.dispatch({kernel_name(step.op->name(), x.dtype),
                     shaders::top_k,
                     {static_cast<std::uint32_t>(x.dtype), threads, weights},
                     recorder.groups_for(args.rows, 1),
                     {range_of(x)},
                     {range_of(step.output)},
                     {.bytes = x.bytes() + step.output.bytes(), .flops = 0}},
                    args);
}

void record_indices(Recorder& recorder, const Step& step) {
  record(recorder, step, false);
}

void record_softmax(Recorder& recorder, const Step& step) {
  record(recorder, step, true);
}

constexpr std::int64_t most_weights = 1024;  // of a row, in shared memory

bool is_short(const Op&, std::span<const Array>, const Shape& output, DType) {
  return output.back() <= most_weights;
}

}  // namespace

void add_top_k(KernelTable& table) {
  table.add<TopKIndices>({.record = record_indices, .supports = nullptr, .strided_inputs = 0});
  table.add<TopKSoftmax>({.record = record_softmax, .supports = is_short, .strided_inputs = 0});
}

}  // namespace etna::vulkan
