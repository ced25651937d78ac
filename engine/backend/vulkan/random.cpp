#include "engine/ops/random.h"

#include "engine/backend/vulkan/args/dropout.args.h"
#include "engine/backend/vulkan/args/pick.args.h"
#include "engine/backend/vulkan/args/pick_combine.args.h"
#include "engine/backend/vulkan/kernel_name.h"
#include "engine/backend/vulkan/kernel_table.h"
#include "engine/backend/vulkan/pick_call.h"
#include "kernels/shaders.h"

namespace etna::vulkan {

namespace {

constexpr std::int64_t logits_of_group = 2048;  // as in pick.comp
constexpr std::int64_t dropout_group = 256;

void record_sample_token(Recorder& recorder, const Step& step) {
  const PickNoise noise{step.inputs[1], step.inputs[2], static_cast<const SampleToken&>(*step.op).temperature};
  record_pick(recorder, "sample_token", step.inputs[0], step.output, &noise);
}

void record_dropout(Recorder& recorder, const Step& step) {
  const auto& op = static_cast<const Dropout&>(*step.op);
  const View &x = step.inputs[0], &seed = step.inputs[1], &counter = step.inputs[2];
  DropoutArgs args{};
  args.x = x.address();
  args.y = step.output.address();
  args.seed = seed.address();
  args.counter = counter.address();
  args.count = static_cast<std::uint32_t>(x.size());
  args.stream = static_cast<std::uint32_t>(op.stream);
  args.least = op.threshold();
  args.factor = 1 / (1 - op.share);
  recorder.dispatch({kernel_name("dropout", x.dtype),
                     shaders::dropout,
                     {static_cast<std::uint32_t>(x.dtype)},
                     recorder.groups_for((x.size() + 3) / 4, dropout_group),
                     {range_of(x), range_of(seed), range_of(counter)},
                     {range_of(step.output)},
                     step.op->work(step.inputs, step.output)},
                    args);
}

}  // namespace

void record_pick(Recorder& recorder, std::string_view family, const View& logits, const View& token,
                 const PickNoise* noise) {
  const auto parts = static_cast<std::uint32_t>((logits.size() + logits_of_group - 1) / logits_of_group);
  const Scratch values = recorder.scratch(parts * sizeof(float));
  const Scratch places = recorder.scratch(parts * sizeof(std::uint32_t));
  PickArgs args{};
  args.logits = logits.address();
  args.seed = noise ? noise->seed.address() : 0;
  args.counter = noise ? noise->counter.address() : 0;
  args.values = values.address();
  args.places = places.address();
  args.n = static_cast<std::uint32_t>(logits.size());
  args.temperature = noise ? noise->temperature : 1;
  std::vector<ByteRange> reads{range_of(logits)};
  if (noise) reads.insert(reads.end(), {range_of(noise->seed), range_of(noise->counter)});
  recorder.dispatch(
      {kernel_name(family, logits.dtype),
       shaders::pick,
       {static_cast<std::uint32_t>(logits.dtype), noise != nullptr},
       {parts, 1, 1},
       std::move(reads),
       {values.range(), places.range()},
       {.bytes = logits.bytes(), .flops = (noise ? 32U : 1U) * static_cast<std::uint64_t>(logits.size())}},
      args);
  const PickCombineArgs combine{values.address(), places.address(), token.address(), parts};
  recorder.dispatch({kernel_name(std::string(family) + "_combine", logits.dtype),
                     shaders::pick_combine,
                     {},
                     {},
                     {values.range(), places.range()},
                     {range_of(token)},
                     {.bytes = parts * 8, .flops = parts}},
                    combine);
}

void add_random(KernelTable& table) {
  table.add<SampleToken>({.record = record_sample_token, .supports = nullptr, .strided_inputs = 0});
  table.add<Dropout>({.record = record_dropout, .supports = nullptr, .strided_inputs = 0});
}

}  // namespace etna::vulkan
