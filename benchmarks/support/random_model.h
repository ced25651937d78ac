#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/io/model_config.h"
#include "engine/io/tensor_source.h"

namespace etna::benchmarks {

/// A model of a real model's shape with random weights, made in memory: speed depends on shapes, not on values.
class RandomModel : public TensorSource {
public:
  /// shape: "qwen3-0.6b", "llama-1.1b", "llama-3-8b" (all with Llama's blocks); format: "q4", "q8" (affine, groups of
  /// 64, float16 scales), "mxfp4" (MLX's), "q4_0", "q8_0", "q4_k", "q6_k" (ggml's blocks), "f16", "bf16", "f32". Throws
  /// invalid_argument naming the known ones.
  RandomModel(const std::string& shape, const std::string& format);

  const ModelConfig& config() const { return config_; }
  const StoredTensor* find(std::string_view name) const override;
  std::vector<std::string> names() const override;
  std::string description() const override { return description_; }

private:
  void add_matrix(const std::string& path, std::int64_t rows, std::int64_t columns);
  void add_blocks(const std::string& name, std::int64_t rows, std::int64_t columns);
  StoredTensor& add(const std::string& name, DType dtype, Shape shape, std::uint64_t first_word_pattern, bool random);

  struct Region;  // one mapping for all tensors

  ModelConfig config_;
  std::string description_;
  std::string format_;
  std::shared_ptr<Region> region_;
  std::map<std::string, StoredTensor, std::less<>> tensors_;
};

}  // namespace etna::benchmarks
