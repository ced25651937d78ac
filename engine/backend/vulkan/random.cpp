#include "engine/ops/random.h"

#include <algorithm>

#include "engine/backend/vulkan/args/sample_token.args.h"
#include "engine/backend/vulkan/kernel_name.h"
#include "engine/backend/vulkan/kernel_table.h"
#include "engine/backend/vulkan/recorder.h"
#include "kernels/shaders.h"

namespace etna::vulkan {

namespace {

void record_sample_token(Recorder& recorder, const Step& step) {
  const View& logits = step.inputs[0];
  SampleTokenArgs args{};
  args.logits = logits.address();
  args.seed = step.inputs[1].address();
  args.counter = step.inputs[2].address();
  args.token = step.output.address();
  args.n = static_cast<std::uint32_t>(logits.size());
  args.temperature = static_cast<const SampleToken&>(*step.op).temperature;
  recorder.dispatch({kernel_name("sample_token", logits.dtype),
                     shaders::sample_token,
                     {static_cast<std::uint32_t>(logits.dtype), std::min(1024U, recorder.caps().max_threads)},
                     {},
                     {range_of(logits), range_of(step.inputs[1]), range_of(step.inputs[2])},
                     {range_of(step.output)},
                     {.bytes = logits.bytes(), .flops = 32 * static_cast<std::uint64_t>(logits.size())}},
                    args);
}

}  // namespace

void add_random(KernelTable& table) {
  table.add<SampleToken>({.record = record_sample_token, .supports = nullptr, .strided_inputs = 0});
}

}  // namespace etna::vulkan
