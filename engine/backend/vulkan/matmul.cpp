#include "engine/ops/matmul.h"

#include "engine/backend/vulkan/kernel_table.h"
#include "engine/backend/vulkan/product_call.h"

namespace etna::vulkan {

namespace {

void record_matmul(Recorder& recorder, const Step& step) {
  const auto& op = static_cast<const Matmul&>(*step.op);
  const View& a = step.inputs[0];
  const View& b = step.inputs[1];
  const View* residual = op.residual ? &step.inputs[2] : nullptr;
  const bool transposed = op.transpose_b == Transpose::yes;
  const WeightViews weight{.format = weight_format(b.dtype), .weight = &b};
  const Work work = op.work(step.inputs, step.output);
  if (b.shape.size() == 2 && transposed) {
    record_product(recorder, {a, step.output, weight, std::nullopt, residual, work});
    return;
  }
  const std::int64_t k = a.shape.back();
  const std::int64_t n = step.output.shape.back();
  std::int64_t batch = 1;
  for (std::size_t axis = 0; axis + 2 < b.shape.size(); ++axis) batch *= b.shape[axis];
  const TileProduct shape{
      .batch = batch, .m = step.output.size() / n / batch, .n = n, .k = k, .transposed = transposed};
  record_tiles(recorder, shape, a, weight, step.output,
               {.kind = residual ? Epilogue::residual : Epilogue::none, .other = residual}, work);
}

}  // namespace

void add_matmul(KernelTable& table) {
  table.add<Matmul>({.record = record_matmul, .supports = nullptr, .strided_inputs = 0});
}

}  // namespace etna::vulkan
