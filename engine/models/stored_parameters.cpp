#include "engine/models/stored_parameters.h"

namespace etna {

Array StoredParameters::load(std::span<const StoredTensor> tensors) {
  for (const StoredTensor& tensor : tensors) weight_bytes_ += tensor.bytes.size();
  return tensors.size() == 1 ? loader_.load(tensors[0]) : loader_.load_stacked(tensors);
}

PackedArrays StoredParameters::load_arrays(std::span<const std::vector<StoredTensor>> parts) {
  PackedArrays arrays{load(parts[0])};
  if (parts.size() > 1) arrays.scales = load(parts[1]);
  if (parts.size() > 2) arrays.biases = load(parts[2]);
  return arrays;
}

StoredParameters::Loaded StoredParameters::load_weight(const std::string& path, std::int64_t rows, std::int64_t size) {
  const StoredWeight weight = finder_.find(path, {rows, size});
  parameter_count_ += static_cast<std::uint64_t>(rows * size);
  std::vector<std::vector<StoredTensor>> parts;
  for (const StoredTensor& part : weight.parts) parts.push_back({part});
  return {load_arrays(parts), weight.format};
}

Array StoredParameters::load_floating(const std::string& name, const Shape& shape) {
  const StoredTensor& tensor = finder_.tensor(name);
  check_shape(tensor, shape, "config.json");
  check_floating(tensor);
  parameter_count_ += static_cast<std::uint64_t>(element_count(shape));
  return load(std::span(&tensor, 1));
}

bool StoredParameters::has(const std::string& path) const {
  constexpr std::string_view suffix = ".weight";
  if (finder_.source().find(path)) return true;
  return path.ends_with(suffix) && finder_.has(path.substr(0, path.size() - suffix.size()));
}

std::unique_ptr<nn::Linear> StoredParameters::linear(const std::string& path, std::int64_t in, std::int64_t out, nn::Bias bias) {
  Loaded weight = load_weight(path, out, in);
  std::optional<Array> offset;
  if (bias == nn::Bias::present) offset = load_floating(path + ".bias", {out});
  if (!weight.format) return std::make_unique<nn::FloatLinear>(std::move(weight.arrays.weight), std::move(offset));
  return std::make_unique<nn::PackedLinear>(std::move(weight.arrays), *weight.format, std::move(offset));
}

std::unique_ptr<nn::Experts> StoredParameters::experts(const std::string& path, std::int64_t count, std::int64_t in, std::int64_t out,
                                                       nn::Bias bias) {
  LoadedExperts loaded = load_experts(path, count, in, out, bias);
  if (!loaded.format) return std::make_unique<nn::FloatExperts>(std::move(loaded.arrays.weight), std::move(loaded.bias));
  return std::make_unique<nn::PackedExperts>(std::move(loaded.arrays), *loaded.format, std::move(loaded.bias));
}

std::shared_ptr<nn::Embedding> StoredParameters::embedding(const std::string& path, std::int64_t rows, std::int64_t size) {
  Loaded table = load_weight(path, rows, size);
  if (!table.format) return std::make_shared<nn::FloatEmbedding>(std::move(table.arrays.weight));
  return std::make_shared<nn::PackedEmbedding>(std::move(table.arrays), *table.format);
}

Array StoredParameters::vector(const std::string& path, std::int64_t size) { return load_floating(path, {size}); }

LoadedExperts StoredParameters::load_experts(const std::string& path, std::int64_t count, std::int64_t in, std::int64_t out,
                                             nn::Bias bias) {
  const StoredExperts stored = find_experts(finder_, path, count, in, out, bias == nn::Bias::present);
  parameter_count_ += static_cast<std::uint64_t>(count * in * out);
  LoadedExperts result{load_arrays(stored.parts), stored.format, std::nullopt};
  if (!stored.bias.empty()) result.bias = load(stored.bias);
  return result;
}

}  // namespace etna
