#include "engine/models/stored_parameters.h"

#include "engine/base/error.h"

namespace etna {

const StoredTensor& StoredParameters::find(const std::string& name) const {
  const StoredTensor* tensor = source_.find(name);
  if (!tensor) fail(Errc::not_found, "{}: tensor {} is missing; is the download complete?", source_.description(), name);
  return *tensor;
}

Array StoredParameters::load(const StoredTensor& tensor) {
  weight_bytes_ += tensor.bytes.size();
  return loader_.load(tensor);
}

Array StoredParameters::load_floating(const std::string& name, const Shape& shape, const char* expectation) {
  const StoredTensor& tensor = find(name);
  if (tensor.shape != shape) {
    fail(Errc::corrupt, "{}: tensor {} has shape {}, but {} makes it {}", tensor.file, name, to_string(tensor.shape), expectation, to_string(shape));
  }
  if (!tensor.dtype || !is_floating(*tensor.dtype)) {
    fail(Errc::unsupported, "{}: tensor {} is stored as {}, which this model cannot use as a weight", tensor.file, name, tensor.stored_dtype);
  }
  parameter_count_ += static_cast<std::uint64_t>(element_count(shape));
  return load(tensor);
}

std::optional<StoredParameters::Packed> StoredParameters::load_packed(const std::string& path, std::int64_t rows, std::int64_t size) {
  if (!source_.find(path + ".scales")) return std::nullopt;
  const std::optional<QuantizationConfig> packing = config_.quantization_of(path);
  if (!packing) fail(Errc::corrupt, "{}: has {}.scales, but config.json's quantization does not cover {}", source_.description(), path, path);
  if (packing->mode != "affine") {
    fail(Errc::unsupported, "{}: quantization mode '{}' of {} is not supported; affine is", config_.file, packing->mode, path);
  }
  const PackedFormat format = PackedFormat::affine(packing->bits, packing->group_size);
  if (size % format.group_size != 0) {
    fail(Errc::corrupt, "{}: {} has rows of {}, no multiple of group_size {}", config_.file, path, size, format.group_size);
  }
  const auto checked = [&](const char* part, const Shape& shape) -> const StoredTensor& {
    const StoredTensor& tensor = find(path + part);
    if (tensor.shape != shape) {
      fail(Errc::corrupt, "{}: tensor {} has shape {}, but {} bits in groups of {} make it {}", tensor.file, tensor.name,
           to_string(tensor.shape), format.bits, format.group_size, to_string(shape));
    }
    return tensor;
  };
  const StoredTensor& weight = checked(".weight", {rows, size * format.bits / 32});
  const StoredTensor& scales = checked(".scales", {rows, size / format.group_size});
  const StoredTensor& biases = checked(".biases", {rows, size / format.group_size});
  if (weight.dtype != DType::uint32) fail(Errc::corrupt, "{}: tensor {} is stored as {}, packed codes are U32", weight.file, weight.name, weight.stored_dtype);
  if (!scales.dtype || !is_floating(*scales.dtype) || scales.dtype != biases.dtype) {
    fail(Errc::corrupt, "{}: tensors {} and {} are {} and {}; one floating type is needed", scales.file, scales.name, biases.name,
         scales.stored_dtype, biases.stored_dtype);
  }
  parameter_count_ += static_cast<std::uint64_t>(rows * size);
  return Packed{{load(weight), load(scales), load(biases)}, format};
}

std::unique_ptr<nn::Linear> StoredParameters::linear(const std::string& path, std::int64_t in, std::int64_t out, nn::Bias bias) {
  std::optional<Packed> packed = load_packed(path, out, in);
  std::optional<Array> weight;
  if (!packed) weight = load_floating(path + ".weight", {out, in}, "config.json");
  std::optional<Array> offset;
  if (bias == nn::Bias::present) offset = load_floating(path + ".bias", {out}, "config.json");
  if (packed) return std::make_unique<nn::PackedLinear>(std::move(packed->arrays), packed->format, std::move(offset));
  return std::make_unique<nn::FloatLinear>(std::move(*weight), std::move(offset));
}

std::unique_ptr<nn::Experts> StoredParameters::experts(const std::string& path, std::int64_t count, std::int64_t in, std::int64_t out,
                                                       nn::Bias bias) {
  Array weight = load_floating(path + ".weight", {count, out, in}, "config.json");
  std::optional<Array> offset;
  if (bias == nn::Bias::present) offset = load_floating(path + ".bias", {count, out}, "config.json");
  return std::make_unique<nn::FloatExperts>(std::move(weight), std::move(offset));
}

std::shared_ptr<nn::Embedding> StoredParameters::embedding(const std::string& path, std::int64_t rows, std::int64_t size) {
  if (std::optional<Packed> packed = load_packed(path, rows, size)) {
    return std::make_shared<nn::PackedEmbedding>(std::move(packed->arrays), packed->format);
  }
  return std::make_shared<nn::FloatEmbedding>(load_floating(path + ".weight", {rows, size}, "config.json"));
}

Array StoredParameters::vector(const std::string& path, std::int64_t size) { return load_floating(path, {size}, "config.json"); }

}  // namespace etna
