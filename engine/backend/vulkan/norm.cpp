#include "engine/ops/norm.h"

#include <algorithm>

#include "engine/backend/vulkan/args/norm_gradient.args.h"
#include "engine/backend/vulkan/args/rows.args.h"
#include "engine/backend/vulkan/kernel_name.h"
#include "engine/backend/vulkan/kernel_table.h"
#include "engine/backend/vulkan/recorder.h"
#include "kernels/shaders.h"

namespace etna::vulkan {

namespace {

struct NormCall {
  const char* family;
  bool centred = false;
  const View* weight = nullptr;
  float weight_offset = 0;
  const View* bias = nullptr;
  float eps = 0;
};

void record_norm(Recorder& recorder, const Step& step, const NormCall& call) {
  const View& x = step.inputs[0];
  RowsArgs args{};
  args.x = x.address();
  args.y = step.output.address();
  args.weight = call.weight ? call.weight->address() : 0;
  args.bias = call.bias ? call.bias->address() : 0;
  args.n = static_cast<std::uint32_t>(x.shape.back());
  args.rows = static_cast<std::uint32_t>(x.size() / x.shape.back());
  args.eps = call.eps;
  args.weight_offset = call.weight_offset;
  std::vector<ByteRange> reads{range_of(x)};
  if (call.weight) reads.push_back(range_of(*call.weight));
  if (call.bias) reads.push_back(range_of(*call.bias));
  const auto type_of = [](const View* view) { return static_cast<std::uint32_t>(view ? view->dtype : DType::float32); };
  // One row is all that runs while a token is decoded: then as many invocations as load something each.
  const std::uint32_t threads = args.n >= 1024 ? std::min(1024U, recorder.caps().max_threads) : 64;
  recorder.dispatch({kernel_name(call.family, x.dtype),
                     shaders::norm,
                     {type_of(&x), type_of(call.weight), args.n % 4 == 0, threads, call.centred,
                      call.weight != nullptr, call.bias != nullptr, type_of(call.bias)},
                     recorder.groups_for(args.rows, 1),
                     std::move(reads),
                     {range_of(step.output)},
                     step.op->work(step.inputs, step.output)},
                    args);
}

void record_rms_norm(Recorder& recorder, const Step& step) {
  const auto& op = static_cast<const RmsNorm&>(*step.op);
  record_norm(recorder, step,
              {.family = "rms_norm",
               .weight = step.inputs.size() > 1 ? &step.inputs[1] : nullptr,
               .weight_offset = op.weight_offset,
               .eps = op.eps});
}

void record_layer_norm(Recorder& recorder, const Step& step) {
  const auto& op = static_cast<const LayerNorm&>(*step.op);
  record_norm(recorder, step,
              {.family = "layer_norm",
               .centred = true,
               .weight = op.weight ? &step.inputs[1] : nullptr,
               .bias = op.bias ? &step.inputs.back() : nullptr,
               .eps = op.eps});
}

void record_rms_norm_gradient(Recorder& recorder, const Step& step) {
  const auto& op = static_cast<const RmsNormGradient&>(*step.op);
  const View &dy = step.inputs[0], &x = step.inputs[1];
  const View* weight = step.inputs.size() > 2 ? &step.inputs[2] : nullptr;
  if (x.size() == 0) return;
  NormGradientArgs args{};
  args.dy = dy.address();
  args.x = x.address();
  args.weight = weight ? weight->address() : 0;
  args.dx = step.output.address();
  args.n = static_cast<std::uint32_t>(x.shape.back());
  args.rows = static_cast<std::uint32_t>(x.size() / x.shape.back());
  args.eps = op.eps;
  args.weight_offset = op.weight_offset;
  std::vector<ByteRange> reads{range_of(dy), range_of(x)};
  if (weight) reads.push_back(range_of(*weight));
  recorder.dispatch({kernel_name("rms_norm_gradient", x.dtype),
                     shaders::norm_gradient,
                     {static_cast<std::uint32_t>(x.dtype), weight != nullptr,
                      static_cast<std::uint32_t>(weight ? weight->dtype : DType::float32)},
                     recorder.groups_for(args.rows, 1),
                     std::move(reads),
                     {range_of(step.output)},
                     step.op->work(step.inputs, step.output)},
                    args);
}

}  // namespace

void add_norm(KernelTable& table) {
  table.add<RmsNorm>({.record = record_rms_norm, .supports = nullptr, .strided_inputs = 0});
  table.add<RmsNormGradient>({.record = record_rms_norm_gradient, .supports = nullptr, .strided_inputs = 0});
  table.add<LayerNorm>({.record = record_layer_norm, .supports = nullptr, .strided_inputs = 0});
}

}  // namespace etna::vulkan
