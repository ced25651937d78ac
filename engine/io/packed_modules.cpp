#include "engine/io/packed_modules.h"

#include "engine/base/error.h"
#include "engine/io/quote.h"

namespace etna {

namespace {

void check_scales(const StoredTensor& tensor, const Shape& wanted, bool floating, const QuantizationConfig& config) {
  const bool fits = tensor.dtype && (floating ? is_floating(*tensor.dtype) : *tensor.dtype == DType::uint8);
  if (!fits) {
    fail(Errc::corrupt, "{}: tensor {}: dtype {} where mode {} wants {}", tensor.file, quote(tensor.name),
         tensor.stored_dtype, config.mode, floating ? "F32, F16 or BF16" : "U8");
  }
  if (tensor.shape != wanted) {
    fail(Errc::corrupt, "{}: tensor {}: shape {} where bits {} and group_size {} want {}", tensor.file,
         quote(tensor.name), to_string(tensor.shape), config.bits, config.group_size, to_string(wanted));
  }
}

}  // namespace

PackedView packed_view(const StoredPacking& stored, const QuantizationConfig& config) {
  const StoredTensor& weight = *stored.weight;
  if (weight.dtype != DType::uint32 || weight.shape.empty()) {
    fail(Errc::corrupt, "{}: tensor {}: {} {} is no packed weight (U32)", weight.file, quote(weight.name),
         weight.stored_dtype, to_string(weight.shape));
  }
  PackedView view;
  view.config = config;
  view.shape = weight.shape;
  // The words of a row are in memory already, so 32 times their number does not overflow.
  const std::int64_t row_bits = weight.shape.back() * 32;
  if (row_bits % config.bits != 0 || row_bits / config.bits % config.group_size != 0) {
    fail(Errc::corrupt, "{}: tensor {}: rows of {} words are no whole groups of {} elements with bits {}", weight.file,
         quote(weight.name), weight.shape.back(), config.group_size, config.bits);
  }
  view.shape.back() = row_bits / config.bits;

  const bool affine = config.mode == "affine";
  const Shape wanted = scales_shape(view.shape, config);
  check_scales(*stored.scales, wanted, affine, config);
  view.scales_dtype = *stored.scales->dtype;
  view.weight = weight.bytes;
  view.scales = stored.scales->bytes;
  if (!affine) return view;
  if (!stored.biases) fail(Errc::corrupt, "{}: tensor {} has scales but no biases", weight.file, quote(weight.name));
  check_scales(*stored.biases, wanted, true, config);
  if (stored.biases->dtype != stored.scales->dtype) {
    fail(Errc::corrupt, "{}: tensor {}: dtype {} differs from that of the scales, {}", stored.biases->file,
         quote(stored.biases->name), stored.biases->stored_dtype, stored.scales->stored_dtype);
  }
  view.biases = stored.biases->bytes;
  return view;
}

}  // namespace etna
