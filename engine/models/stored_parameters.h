#pragma once

#include <map>

#include "engine/io/weight_loader.h"
#include "engine/models/stored_experts.h"
#include "engine/nn/parameters.h"

namespace etna {

/// The arrays of one linear layer of all experts, as kernels want them: (count, out, in) packed or floating.
struct LoadedExperts {
  PackedArrays arrays;
  std::optional<PackedFormat> format;  ///< none: arrays.weight is floating
  std::optional<Array> bias;           ///< (count, out)
};

/// Weights of a model folder or file: the configuration says how modules are packed, the source has the tensors, in any
/// of the forms that WeightFinder and find_experts know.
class StoredParameters : public nn::Parameters {
public:
  StoredParameters(const ModelConfig& config, const TensorSource& source, WeightLoader& loader)
      : finder_(config, source), loader_(loader) {}

  /// Whether there is such a tensor; "….weight" also of modules that keep theirs in another form.
  bool has(const std::string& path) const override;
  std::unique_ptr<nn::Linear> linear(const std::string& path, std::int64_t in, std::int64_t out, nn::Bias bias) override;
  std::unique_ptr<nn::Linear> linear_rows(const std::string& path, std::int64_t in, nn::Rows rows, nn::Bias bias) override;
  std::unique_ptr<nn::Experts> experts(const std::string& path, std::int64_t count, std::int64_t in, std::int64_t out, nn::Bias bias) override;
  std::shared_ptr<nn::Embedding> embedding(const std::string& path, std::int64_t rows, std::int64_t size) override;
  Array tensor(const std::string& name, const Shape& shape) override;

  /// See find_experts.
  LoadedExperts load_experts(const std::string& path, std::int64_t count, std::int64_t in, std::int64_t out, nn::Bias bias);

  std::uint64_t parameter_count() const { return parameter_count_; }  ///< logical weights
  std::uint64_t weight_bytes() const { return weight_bytes_; }

private:
  /// A weight (rows, size), and how many arrays it has.
  struct Loaded {
    PackedArrays arrays;
    std::optional<PackedFormat> format;
  };

  /// A matrix whose rows belong to several layers.
  struct Joined {
    Loaded weight;
    std::optional<Array> bias;
  };

  const Joined& joined(const std::string& path, std::int64_t in, std::int64_t total, nn::Bias bias);
  Array load(std::span<const StoredTensor> tensors);
  PackedArrays load_arrays(std::span<const std::vector<StoredTensor>> parts);
  Loaded load_weight(const std::string& path, std::int64_t rows, std::int64_t size);
  Array load_floating(const std::string& name, const Shape& shape);

  WeightFinder finder_;
  WeightLoader& loader_;
  std::map<std::string, Joined> joined_;  // loaded once
  std::uint64_t parameter_count_ = 0;
  std::uint64_t weight_bytes_ = 0;
};

}  // namespace etna
