#include "engine/models/stored_weight.h"

#include <algorithm>
#include <cctype>
#include <cstring>

#include "engine/base/error.h"
#include "engine/io/repack.h"

namespace etna {

namespace {

bool same_letters(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

PackedFormat format_of(const QuantizationConfig& packing) {
  if (packing.mode == "affine") return PackedFormat::affine(packing.bits, packing.group_size);
  return PackedFormat::of(packing.mode == "mxfp4"   ? PackedKind::mxfp4
                          : packing.mode == "mxfp8" ? PackedKind::mxfp8
                                                    : PackedKind::nvfp4);
}

Shape with_last(Shape shape, std::int64_t last) {
  shape.back() = last;
  return shape;
}

StoredWeight blocks(const StoredTensor& weight, const PackedFormat& format, const Shape& shape) {
  check_shape(weight, shape, "the configuration");
  return {format, {viewed_as(weight, DType::uint8, with_last(shape, format.row_elements(shape.back())))}};
}

StoredWeight floating(const StoredTensor& weight, const Shape& shape) {
  check_shape(weight, shape, "config.json");
  check_floating(weight);
  return {std::nullopt, {weight}};
}

void check_words(const StoredTensor& tensor) {
  if (tensor.dtype == DType::int32 || tensor.dtype == DType::uint32) return;
  fail(Errc::corrupt, "{}: tensor {} is stored as {}, packed codes are I32", tensor.file, tensor.name,
       tensor.stored_dtype);
}

/// How often a group's scale is repeated so that groups have one of MLX's sizes, and that size.
struct Groups {
  std::int64_t size;
  std::int64_t repeat;
};

Groups groups_of(const StoredTensor& scales, std::int64_t k, std::int64_t count) {
  const std::int64_t size = count > 0 && k % count == 0 ? k / count : 0;
  for (const std::int64_t known : {128, 64, 32}) {
    if (size > 0 && size % known == 0) return {known, size / known};
  }
  fail(Errc::unsupported, "{}: tensor {} has {} scales for {} inputs; groups must be whole multiples of 32",
       scales.file, scales.name, count, k);
}

/// Rows of bytes, each written several times.
std::vector<std::byte> repeated(std::span<const std::byte> bytes, std::size_t size, std::int64_t repeat) {
  std::vector<std::byte> result;
  result.reserve(bytes.size() * static_cast<std::size_t>(repeat));
  for (std::size_t i = 0; i < bytes.size(); i += size) {
    for (std::int64_t copy = 0; copy < repeat; ++copy) {
      const auto item = bytes.subspan(i, size);
      result.insert(result.end(), item.begin(), item.end());
    }
  }
  return result;
}

/// Groups of inputs must be in order: reordered ones (act-order) would need their rows gathered.
void check_group_index(const StoredTensor* tensor, std::int64_t k, std::int64_t group_size) {
  if (!tensor) return;
  check_shape(*tensor, {k}, "the number of inputs");
  check_words(*tensor);
  if (tensor->outline) return;
  for (std::int64_t i = 0; i < k; ++i) {
    std::int32_t group;
    std::memcpy(&group, tensor->bytes.data() + 4 * i, 4);
    if (group != i / group_size) {
      fail(Errc::unsupported,
           "{}: tensor {} puts input {} into group {}: weights in activation order (desc_act) are not supported",
           tensor->file, tensor->name, i, group);
    }
  }
}

/// The bytes of a matrix of one floating type with rows and columns exchanged.
std::vector<std::byte> transposed(const StoredTensor& tensor) {
  const auto size = size_of(*tensor.dtype);
  const auto rows = static_cast<std::size_t>(tensor.shape[0]), columns = static_cast<std::size_t>(tensor.shape[1]);
  std::vector<std::byte> bytes(tensor.bytes.size());
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      std::memcpy(bytes.data() + (column * rows + row) * size, tensor.bytes.data() + (row * columns + column) * size, size);
    }
  }
  return bytes;
}

}  // namespace

std::optional<PackedFormat> block_format(std::string_view stored_dtype) {
  for (const FormatTraits& kind : format_table) {
    if (kind.block_bytes == 0) continue;
    const std::string_view name = kind.kind == PackedKind::ggml_mxfp4 ? "mxfp4" : kind.name;
    if (same_letters(name, stored_dtype)) return PackedFormat::of(kind.kind);
  }
  return std::nullopt;
}

void check_shape(const StoredTensor& tensor, const Shape& shape, const std::string& expectation) {
  if (tensor.shape == shape) return;
  fail(Errc::corrupt, "{}: tensor {} has shape {}, but {} makes it {}", tensor.file, tensor.name,
       to_string(tensor.shape), expectation, to_string(shape));
}

void check_floating(const StoredTensor& tensor) {
  if (tensor.dtype && is_floating(*tensor.dtype)) return;
  fail(Errc::unsupported, "{}: tensor {} is stored as {}, which this model cannot use as a weight", tensor.file,
       tensor.name, tensor.stored_dtype);
}

StoredTensor viewed_as(const StoredTensor& tensor, DType dtype, Shape shape) {
  StoredTensor view = tensor;
  view.dtype = dtype;
  view.shape = std::move(shape);
  return view;
}

StoredTensor made_from(const StoredTensor& tensor, DType dtype, Shape shape, const std::function<std::vector<std::byte>()>& make) {
  StoredTensor made = viewed_as(tensor, dtype, std::move(shape));
  made.mapping = {};
  if (tensor.outline) {
    made.bytes = {static_cast<const std::byte*>(nullptr), static_cast<std::size_t>(element_count(made.shape)) * size_of(dtype)};
    made.keep_alive = nullptr;
    return made;
  }
  const auto owner = std::make_shared<const std::vector<std::byte>>(make());
  made.bytes = *owner;
  made.keep_alive = owner;
  return made;
}

const StoredTensor& WeightFinder::tensor(const std::string& name) const {
  const StoredTensor* tensor = source_.find(name);
  if (!tensor)
    fail(Errc::not_found, "{}: tensor {} is missing; is the download complete?", source_.description(), source_.stored_name(name));
  return *tensor;
}

bool WeightFinder::has(const std::string& path) const {
  return source_.find(path + ".weight") || source_.find(path + ".qweight") || source_.find(path + ".weight_packed");
}

/// GPT-2's checkpoints hold weights as (in, out). Where they do, the joined q, k and v of the same layer tell.
bool WeightFinder::is_transposed(const std::string& path) const {
  for (const char* part : {".attn.", ".mlp."}) {
    const std::size_t at = path.find(part);
    if (at == path.npos) continue;
    const StoredTensor* joined = source_.find(path.substr(0, at) + ".attn.c_attn.weight");
    return joined && joined->shape == Shape{config_.hidden_size, 3 * config_.hidden_size};
  }
  return false;
}

StoredWeight WeightFinder::find(const std::string& path, const Shape& shape) const {
  if (source_.find(path + ".qweight")) return group_quantized(path, shape);
  if (source_.find(path + ".weight_packed")) return compressed(path, shape);
  if (source_.find(path + ".scales")) return mlx(path, shape);
  const StoredTensor& weight = tensor(path + ".weight");
  if (const auto format = block_format(weight.stored_dtype)) return blocks(weight, *format, shape);
  if (weight.stored_dtype == "F8_E4M3") return float8(path, shape);
  if (shape.size() == 2 && is_transposed(path)) {
    check_shape(weight, {shape[1], shape[0]}, "config.json");
    check_floating(weight);
    return {std::nullopt, {made_from(weight, *weight.dtype, shape, [&] { return transposed(weight); })}};
  }
  return floating(weight, shape);
}

StoredWeight WeightFinder::mlx(const std::string& path, const Shape& shape) const {
  const std::optional<QuantizationConfig> packing = config_.quantization_of(path);
  if (!packing || !packing->problem().empty()) {
    fail(Errc::corrupt, "{}: has {}.scales, but config.json's quantization does not cover {}", source_.description(),
         path, path);
  }
  const PackedFormat format = format_of(*packing);
  const std::int64_t k = shape.back();
  if (k % format.group_size != 0) {
    fail(Errc::corrupt, "{}: {} has rows of {}, no multiple of group_size {}", config_.file, path, k,
         format.group_size);
  }
  const std::string expectation =
      fmt::format("mode {} with bits {} and group_size {}", packing->mode, packing->bits, packing->group_size);
  const StoredTensor &weight = tensor(path + ".weight"), &scales = tensor(path + ".scales");
  check_shape(weight, with_last(shape, format.row_elements(k)), expectation);
  check_shape(scales, with_last(shape, format.row_groups(k)), expectation);
  if (weight.dtype != DType::uint32) {
    fail(Errc::corrupt, "{}: tensor {} is stored as {}, packed codes are U32", weight.file, weight.name,
         weight.stored_dtype);
  }
  const bool affine = format.kind == PackedKind::affine;
  if (affine ? !scales.dtype || !is_floating(*scales.dtype) : scales.dtype != DType::uint8) {
    fail(Errc::corrupt, "{}: tensor {} is stored as {}, scales of mode {} are {}", scales.file, scales.name,
         scales.stored_dtype, packing->mode, affine ? "F32, F16 or BF16" : "U8");
  }
  if (!affine) return {format, {weight, scales}};
  const StoredTensor& biases = tensor(path + ".biases");
  check_shape(biases, scales.shape, expectation);
  if (biases.dtype != scales.dtype) {
    fail(Errc::corrupt, "{}: tensors {} and {} are {} and {}; one floating type is needed", scales.file, scales.name,
         biases.name, scales.stored_dtype, biases.stored_dtype);
  }
  return {format, {weight, scales, biases}};
}

/// Scales become one per row and block of columns: that is how kernels read them, at a thirtieth of the weight's size.
StoredWeight WeightFinder::float8(const std::string& path, const Shape& shape) const {
  const StoredTensor& weight = tensor(path + ".weight");
  check_shape(weight, shape, "config.json");
  if (shape.size() != 2)
    fail(Errc::unsupported, "{}: tensor {}: float8 weights of {} axes", weight.file, weight.name, shape.size());
  const StoredTensor* inverse = source_.find(path + ".weight_scale_inv");
  const StoredTensor& scales = inverse ? *inverse : tensor(path + ".weight_scale");
  check_floating(scales);
  const std::int64_t rows = shape[0], k = shape[1], count = element_count(scales.shape);
  const auto size = size_of(*scales.dtype);
  const auto part = [&](std::int64_t index, std::int64_t items) {
    return scales.bytes.subspan(static_cast<std::size_t>(index) * size, static_cast<std::size_t>(items) * size);
  };
  if (count == 1) {
    const StoredTensor each = made_from(scales, *scales.dtype, {rows, 1}, [&] { return repeated(part(0, 1), size, rows); });
    return {PackedFormat::fp8(static_cast<int>(k)), {weight, each}};
  }
  if (scales.shape == Shape{rows} || scales.shape == Shape{rows, 1}) {
    return {PackedFormat::fp8(static_cast<int>(k)), {weight, viewed_as(scales, *scales.dtype, {rows, 1})}};
  }
  const ForeignQuantization sizes = config_.foreign_quantization.value_or(ForeignQuantization());
  const std::int64_t groups = (k + sizes.block_columns - 1) / sizes.block_columns;
  check_shape(scales, {(rows + sizes.block_rows - 1) / sizes.block_rows, groups},
              fmt::format("one scale per {} rows and {} columns", sizes.block_rows, sizes.block_columns));
  const auto spread = [&] {
    std::vector<std::byte> bytes;
    for (std::int64_t row = 0; row < rows; ++row) {
      const auto of_row = part(row / sizes.block_rows * groups, groups);
      bytes.insert(bytes.end(), of_row.begin(), of_row.end());
    }
    return bytes;
  };
  return {PackedFormat::fp8(static_cast<int>(sizes.block_columns)),
          {weight, made_from(scales, *scales.dtype, {rows, groups}, spread)}};
}

StoredWeight WeightFinder::group_quantized(const std::string& path, const Shape& shape) const {
  const StoredTensor &codes = tensor(path + ".qweight"), &scales = tensor(path + ".scales");
  const StoredTensor* zeros = source_.find(path + ".qzeros");
  const bool awq = config_.foreign_quantization && config_.foreign_quantization->method == "awq";
  if (!awq && !(config_.foreign_quantization && config_.foreign_quantization->method == "gptq")) {
    fail(Errc::corrupt, "{}: tensor {} is there, but config.json names neither awq nor gptq as quant_method",
         codes.file, codes.name);
  }
  if (shape.size() != 2 || shape[0] % 8 != 0 || shape[1] % 8 != 0 || scales.shape.size() != 2) {
    fail(Errc::unsupported, "{}: tensor {}: a weight {} with scales {} cannot be repacked", codes.file, codes.name,
         to_string(shape), to_string(scales.shape));
  }
  const std::int64_t out = shape[0], in = shape[1], count = scales.shape[0];
  check_words(codes);
  check_shape(codes, awq ? Shape{in, out / 8} : Shape{in / 8, out}, "config.json");
  check_shape(scales, {count, out}, "the number of outputs");
  check_floating(scales);
  const Groups groups = groups_of(scales, in, count);
  if (zeros) {
    check_words(*zeros);
    check_shape(*zeros, {count, out / 8}, "the shape of the scales");
  }
  check_group_index(source_.find(path + ".g_idx"), in, groups.size * groups.repeat);
  const ForeignWeight foreign{
      in, out, count, codes.bytes, zeros ? zeros->bytes : std::span<const std::byte>(), scales.bytes, *scales.dtype};
  const bool itself = config_.foreign_quantization->format == "gptq_v2";
  AffineWeight affine;
  if (!codes.outline) {
    affine = awq ? repack_awq(foreign, groups.repeat)
                 : repack_gptq(foreign, itself ? ZeroPoint::itself : ZeroPoint::less_one, groups.repeat);
  }
  const Shape of_groups{out, count * groups.repeat};
  return {PackedFormat::affine(4, static_cast<int>(groups.size)),
          {made_from(codes, DType::uint32, {out, in / 8}, [&] { return std::move(affine.weight); }),
           made_from(scales, *scales.dtype, of_groups, [&] { return std::move(affine.scales); }),
           made_from(scales, *scales.dtype, of_groups, [&] { return std::move(affine.biases); })}};
}

/// compressed-tensors: codes lie as MLX's do and count from the middle, so that only biases are made.
StoredWeight WeightFinder::compressed(const std::string& path, const Shape& shape) const {
  const StoredTensor &codes = tensor(path + ".weight_packed"), &scales = tensor(path + ".weight_scale");
  for (const char* part : {".weight_zero_point", ".weight_global_scale"}) {
    if (const StoredTensor* other = source_.find(path + part)) {
      fail(Errc::unsupported, "{}: tensor {}: weights with zero points or a global scale are not supported",
           other->file, other->name);
    }
  }
  check_words(codes);
  check_floating(scales);
  if (shape.size() != 2 || codes.shape.size() != 2 || scales.shape.size() != 2 || codes.shape[0] != shape[0] ||
      scales.shape[0] != shape[0]) {
    fail(Errc::corrupt, "{}: tensor {} has shape {} with scales {}, but config.json makes the weight {}", codes.file,
         codes.name, to_string(codes.shape), to_string(scales.shape), to_string(shape));
  }
  const std::int64_t out = shape[0], in = shape[1];
  const int bits = codes.shape[1] * 8 == in ? 4 : 8;
  check_shape(codes, {out, in * bits / 32}, "config.json, with 4 or 8 bits,");
  const Groups groups = groups_of(scales, in, scales.shape[1]);
  check_group_index(source_.find(path + ".weight_g_idx"), in, groups.size * groups.repeat);
  const Shape of_groups{out, scales.shape[1] * groups.repeat};
  const StoredTensor each =
      groups.repeat == 1
          ? scales
          : made_from(scales, *scales.dtype, of_groups, [&] { return repeated(scales.bytes, size_of(*scales.dtype), groups.repeat); });
  const StoredTensor biases =
      made_from(scales, *scales.dtype, of_groups, [&] { return symmetric_biases(each.bytes, *scales.dtype, 1 << (bits - 1)); });
  return {PackedFormat::affine(bits, static_cast<int>(groups.size)),
          {viewed_as(codes, DType::uint32, codes.shape), each, biases}};
}

}  // namespace etna
