#include "engine/ops/softmax.h"

#include "engine/backend/vulkan/args/rows.args.h"
#include "engine/backend/vulkan/kernel_name.h"
#include "engine/backend/vulkan/kernel_table.h"
#include "engine/backend/vulkan/recorder.h"
#include "kernels/shaders.h"

namespace etna::vulkan {

namespace {

void record_softmax(Recorder& recorder, const Step& step) {
  const View& x = step.inputs[0];
  RowsArgs args{};
  args.x = x.address();
  args.y = step.output.address();
  args.n = static_cast<std::uint32_t>(x.shape.back());
  args.rows = static_cast<std::uint32_t>(x.size() / x.shape.back());
  recorder.dispatch({kernel_name("softmax", x.dtype),
                     shaders::softmax,
                     {static_cast<std::uint32_t>(x.dtype)},
                     recorder.groups_for(args.rows, 1),
                     {range_of(x)},
                     {range_of(step.output)},
                     step.op->work(step.inputs, step.output)},
                    args);
}

}  // namespace

void add_softmax(KernelTable& table) {
  table.add<Softmax>({.record = record_softmax, .supports = nullptr, .strided_inputs = 0});
}

}  // namespace etna::vulkan
