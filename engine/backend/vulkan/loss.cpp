#include "engine/ops/loss.h"

#include "engine/backend/vulkan/args/loss.args.h"
#include "engine/backend/vulkan/kernel_name.h"
#include "engine/backend/vulkan/kernel_table.h"
#include "engine/backend/vulkan/recorder.h"
#include "kernels/shaders.h"

namespace etna::vulkan {

namespace {

void record_loss(Recorder& recorder, const Step& step) {
  const View &logits = step.inputs[0], &targets = step.inputs[1];
  const View* factors = step.inputs.size() > 2 ? &step.inputs[2] : nullptr;
  if (logits.size() == 0) return;
  LossArgs args{};
  args.logits = logits.address();
  args.targets = targets.address();
  args.factors = factors ? factors->address() : 0;
  args.y = step.output.address();
  args.rows = static_cast<std::uint32_t>(logits.shape[0]);
  args.n = static_cast<std::uint32_t>(logits.shape[1]);
  std::vector<ByteRange> reads{range_of(logits), range_of(targets)};
  if (factors) reads.push_back(range_of(*factors));
  recorder.dispatch({kernel_name(factors ? "cross_entropy_gradient" : "cross_entropy", logits.dtype),
                     shaders::loss,
                     {static_cast<std::uint32_t>(logits.dtype), factors != nullptr},
                     recorder.groups_for(args.rows, 1),
                     std::move(reads),
                     {range_of(step.output)},
                     step.op->work(step.inputs, step.output)},
                    args);
}

}  // namespace

void add_loss(KernelTable& table) {
  table.add<CrossEntropy>({.record = record_loss, .supports = nullptr, .strided_inputs = 0});
  table.add<CrossEntropyGradient>({.record = record_loss, .supports = nullptr, .strided_inputs = 0});
}

}  // namespace etna::vulkan
