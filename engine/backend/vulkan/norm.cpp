#include "engine/ops/norm.h"

#include <algorithm>

#include "engine/backend/vulkan/args/rows.args.h"
#include "engine/backend/vulkan/kernel_name.h"
#include "engine/backend/vulkan/kernel_table.h"
#include "engine/backend/vulkan/recorder.h"
#include "kernels/shaders.h"

namespace etna::vulkan {

namespace {

void record_rms_norm(Recorder& recorder, const Step& step) {
  const View& x = step.inputs[0];
  const View& weight = step.inputs[1];
  RowsArgs args{};
  args.x = x.address();
  args.y = step.output.address();
  args.weight = weight.address();
  args.n = static_cast<std::uint32_t>(x.shape.back());
  args.rows = static_cast<std::uint32_t>(x.size() / x.shape.back());
  args.eps = static_cast<const RmsNorm&>(*step.op).eps;
  // One row is all that runs while a token is decoded: then as many invocations as load something each.
  const std::uint32_t threads = args.n >= 1024 ? std::min(1024U, recorder.caps().max_threads) : 64;
  recorder.dispatch(
      {kernel_name("rms_norm", x.dtype),
       shaders::rms_norm,
       {static_cast<std::uint32_t>(x.dtype), static_cast<std::uint32_t>(weight.dtype), args.n % 4 == 0, threads},
       recorder.groups_for(args.rows, 1),
       {range_of(x), range_of(weight)},
       {range_of(step.output)},
       step.op->work(step.inputs, step.output)},
      args);
}

}  // namespace

void add_norm(KernelTable& table) {
  table.add<RmsNorm>({.record = record_rms_norm, .supports = nullptr, .strided_inputs = 0});
}

}  // namespace etna::vulkan
