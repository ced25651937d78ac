#pragma once

#include <set>

#include "engine/io/model_config.h"
#include "engine/io/tensor_source.h"
#include "engine/io/weight_loader.h"
#include "engine/nn/parameters.h"

namespace etna {

/// Weights of a model folder or file: the configuration says how modules are packed, the source has the tensors.
class StoredParameters : public nn::Parameters {
public:
  StoredParameters(const ModelConfig& config, const TensorSource& source, WeightLoader& loader)
      : config_(config), source_(source), loader_(loader) {}

  bool has(const std::string& path) const override { return source_.find(path) != nullptr; }
  std::unique_ptr<nn::Linear> linear(const std::string& path, std::int64_t in, std::int64_t out, nn::Bias bias) override;
  std::unique_ptr<nn::Experts> experts(const std::string& path, std::int64_t count, std::int64_t in, std::int64_t out, nn::Bias bias) override;
  std::shared_ptr<nn::Embedding> embedding(const std::string& path, std::int64_t rows, std::int64_t size) override;
  Array vector(const std::string& path, std::int64_t size) override;

  std::uint64_t parameter_count() const { return parameter_count_; }  ///< logical weights
  std::uint64_t weight_bytes() const { return weight_bytes_; }

private:
  struct Packed {
    PackedArrays arrays;
    PackedFormat format;
  };

  const StoredTensor& find(const std::string& name) const;
  Array load(const StoredTensor& tensor);
  Array load_floating(const std::string& name, const Shape& shape, const char* expectation);
  std::optional<Packed> load_packed(const std::string& path, std::int64_t rows, std::int64_t size);

  const ModelConfig& config_;
  const TensorSource& source_;
  WeightLoader& loader_;
  std::uint64_t parameter_count_ = 0;
  std::uint64_t weight_bytes_ = 0;
};

}  // namespace etna
