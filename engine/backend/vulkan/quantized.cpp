#include "engine/ops/quantized.h"

#include "engine/backend/vulkan/args/dequantize.args.h"
#include "engine/backend/vulkan/kernel_table.h"
#include "engine/backend/vulkan/product_call.h"
#include "kernels/shaders.h"

namespace etna::vulkan {

namespace {

void record_matmul(Recorder& recorder, const Step& step) {
  const auto& op = static_cast<const QuantizedMatmul&>(*step.op);
  const View& x = step.inputs[0];
  const WeightViews weight = packed_weight(step, 1, op.format);
  const View* residual = op.residual ? &step.inputs.back() : nullptr;
  const Work work = op.work(step.inputs, step.output);
  if (op.transpose == Transpose::yes) {
    record_product(recorder, {x, step.output, weight, std::nullopt, residual, work});
    return;
  }
  const std::int64_t n = step.output.shape.back();
  const TileProduct shape{.batch = 1, .m = step.output.size() / n, .n = n, .k = x.shape.back(), .transposed = false};
  record_tiles(recorder, shape, x, weight, step.output,
               {.kind = residual ? Epilogue::residual : Epilogue::none, .other = residual}, work);
}

void record_gated(Recorder& recorder, const Step& step) {
  const auto& op = static_cast<const QuantizedGated&>(*step.op);
  const auto up = static_cast<std::size_t>(1 + op.format.array_count());
  record_product(recorder, {step.inputs[0], step.output, packed_weight(step, 1, op.format),
                            packed_weight(step, up, op.format), nullptr, op.work(step.inputs, step.output), op.kind});
}

const Shader& dequantize_shader(WeightFormat format) {
  switch (weight_family(format)) {
    case WeightFamily::floats: return shaders::dequantize_floats;
    case WeightFamily::blocks: return shaders::dequantize_blocks;
    case WeightFamily::k_blocks: return shaders::dequantize_k_blocks;
    default: return shaders::dequantize_affine;  // plain weights never come here
  }
}

void record_rows(Recorder& recorder, const Step& step, const char* family, const PackedFormat& format,
                 const View* indices) {
  const WeightViews weight = packed_weight(step, 0, format);
  const std::int64_t k = step.output.shape.back();
  const std::int64_t rows = step.output.size() / k;
  DequantizeArgs args{};
  args.weight = weight.weight->address();
  args.scales = weight.scales_address();
  args.biases = weight.biases_address();
  args.indices = indices ? indices->address() : 0;
  args.y = step.output.address();
  args.k = static_cast<std::uint32_t>(k);
  args.rows = static_cast<std::uint32_t>(rows);
  args.table_rows = static_cast<std::uint32_t>(weight.weight->size() / weight.weight->shape.back());
  std::vector<ByteRange> reads;
  append_ranges(reads, weight);
  if (indices) reads.push_back(range_of(*indices));
  Constants constants = weight_constants(weight, k);
  constants.push_back(static_cast<std::uint32_t>(step.output.dtype));
  const auto codes = static_cast<std::uint64_t>(step.output.size());
  recorder.dispatch(
      {kernel_name(family, step.output.dtype, weight.format, format.bits, format.group_size),
       dequantize_shader(weight.format),
       std::move(constants),
       recorder.groups_for(rows * ((k + 7) / 8), 128),
       std::move(reads),
       {range_of(step.output)},
       {.bytes = step.output.bytes() + codes * static_cast<std::uint64_t>(format.bits) / 8, .flops = 2 * codes}},
      args);
}

void record_dequantize(Recorder& recorder, const Step& step) {
  record_rows(recorder, step, "dequantize", static_cast<const Dequantize&>(*step.op).format, nullptr);
}

void record_dequantize_rows(Recorder& recorder, const Step& step) {
  record_rows(recorder, step, "dequantize_rows", static_cast<const DequantizeRows&>(*step.op).format,
              &step.inputs.back());
}

}  // namespace

void add_quantized(KernelTable& table) {
  table.add<QuantizedMatmul>({.record = record_matmul, .supports = nullptr, .strided_inputs = 0});
  table.add<QuantizedGated>({.record = record_gated, .supports = nullptr, .strided_inputs = 0});
  table.add<Dequantize>({.record = record_dequantize, .supports = nullptr, .strided_inputs = 0});
  table.add<DequantizeRows>({.record = record_dequantize_rows, .supports = nullptr, .strided_inputs = 0});
}

}  // namespace etna::vulkan
