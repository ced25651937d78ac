#include "engine/ops/quantized.h"

#include "engine/backend/vulkan/args/dequantize.args.h"
#include "engine/backend/vulkan/kernel_table.h"
#include "engine/backend/vulkan/product_call.h"
#include "kernels/shaders.h"

namespace etna::vulkan {

namespace {

/// Inputs from `first` on.
WeightViews packed(const Step& step, std::size_t first, const PackedFormat& format) {
  return {WeightFormat::affine,   format.bits, format.group_size, &step.inputs[first], &step.inputs[first + 1],
          &step.inputs[first + 2]};
}

void record_matmul(Recorder& recorder, const Step& step) {
  const auto& op = static_cast<const QuantizedMatmul&>(*step.op);
  record_product(recorder, {step.inputs[0], step.output, packed(step, 1, op.format), std::nullopt,
                            op.residual ? &step.inputs.back() : nullptr, op.work(step.inputs, step.output)});
}

void record_gated(Recorder& recorder, const Step& step) {
  const auto& op = static_cast<const QuantizedGated&>(*step.op);
  record_product(recorder, {step.inputs[0], step.output, packed(step, 1, op.format), packed(step, 4, op.format),
                            nullptr, op.work(step.inputs, step.output), op.kind});
}

void record_rows(Recorder& recorder, const Step& step, const char* family, const PackedFormat& format,
                 const View* indices) {
  const WeightViews weight = packed(step, 0, format);
  DequantizeArgs args{};
  args.weight = weight.weight->address();
  args.scales = weight.scales->address();
  args.biases = weight.biases->address();
  args.indices = indices ? indices->address() : 0;
  args.y = step.output.address();
  args.k = static_cast<std::uint32_t>(step.output.shape.back());
  args.rows = static_cast<std::uint32_t>(step.output.size() / step.output.shape.back());
  args.table_rows = static_cast<std::uint32_t>(weight.weight->size() / weight.weight->shape.back());
  std::vector<ByteRange> reads{range_of(*weight.weight), range_of(*weight.scales), range_of(*weight.biases)};
  if (indices) reads.push_back(range_of(*indices));
  const auto codes = static_cast<std::uint64_t>(step.output.size());
  recorder.dispatch(
      {kernel_name(family, step.output.dtype, weight.format, format.bits, format.group_size),
       shaders::dequantize,
       {static_cast<std::uint32_t>(step.output.dtype), static_cast<std::uint32_t>(format.bits),
        static_cast<std::uint32_t>(weight.scales->dtype), static_cast<std::uint32_t>(format.group_size)},
       recorder.groups_for(step.output.size() / 8, 128),
       std::move(reads),
       {range_of(step.output)},
       {.bytes = step.output.bytes() + codes * static_cast<std::uint64_t>(format.bits) / 8, .flops = 2 * codes}},
      args);
}

void record_dequantize(Recorder& recorder, const Step& step) {
  record_rows(recorder, step, "dequantize", static_cast<const Dequantize&>(*step.op).format, nullptr);
}

void record_dequantize_rows(Recorder& recorder, const Step& step) {
  record_rows(recorder, step, "dequantize_rows", static_cast<const DequantizeRows&>(*step.op).format, &step.inputs[3]);
}

bool supports_matmul(const Op& op, std::span<const Array>, const Shape&, DType) {
  const auto& product = static_cast<const QuantizedMatmul&>(op);
  return product.transpose == Transpose::yes && product.format.kind == PackedKind::affine;
}

/// Of affine codes to a floating type.
template <class T>
bool supports(const Op& op, std::span<const Array>, const Shape&, DType output) {
  return is_floating(output) && static_cast<const T&>(op).format.kind == PackedKind::affine;
}

}  // namespace

void add_quantized(KernelTable& table) {
  table.add<QuantizedMatmul>({.record = record_matmul, .supports = supports_matmul, .strided_inputs = 0});
  table.add<QuantizedGated>({.record = record_gated, .supports = supports<QuantizedGated>, .strided_inputs = 0});
  table.add<Dequantize>({.record = record_dequantize, .supports = supports<Dequantize>, .strided_inputs = 0});
  table.add<DequantizeRows>({.record = record_dequantize_rows, .supports = supports<DequantizeRows>, .strided_inputs = 0});
}

}  // namespace etna::vulkan
