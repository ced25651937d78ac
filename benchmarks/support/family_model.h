#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/io/model_config.h"
#include "engine/io/tensor_source.h"

namespace etna::benchmarks {

/// A model of any family with weights that are all zero: what it takes depends on shapes alone. The tensors are those that
/// the family's own code asks for, in one mapping as a file's would be.
class FamilyModel : public TensorSource {
public:
  /// A few million weights. format: "bf16", or "q4" (MLX's affine, groups of 64). Throws invalid_argument for others.
  FamilyModel(const std::string& family, const std::string& format);

  static std::vector<std::string> families();

  const ModelConfig& config() const { return config_; }
  const StoredTensor* find(std::string_view name) const override;
  std::vector<std::string> names() const override;
  std::string description() const override { return description_; }

private:
  void add(const std::string& name, DType dtype, const Shape& shape);
  void add_weight(const std::string& path, const Shape& shape, bool packed);
  void place();

  ModelConfig config_;
  std::string description_;
  std::map<std::string, StoredTensor, std::less<>> tensors_;
};

}  // namespace etna::benchmarks
