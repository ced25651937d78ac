#pragma once

#include <map>

#include "engine/io/model_config.h"
#include "engine/io/tensor_source.h"

namespace etna::test {

/// A Llama of a few thousand random weights, in memory: shapes and caches behave as in a real one.
class TinyLlama : public TensorSource {
public:
  explicit TinyLlama(bool tied = true);

  const ModelConfig& config() const { return config_; }
  const StoredTensor* find(std::string_view name) const override;
  std::vector<std::string> names() const override;
  std::string description() const override { return "tiny llama"; }

  void remove(const std::string& name) { tensors_.erase(name); }
  void reshape(const std::string& name, Shape shape) { tensors_.at(name).shape = std::move(shape); }
  ModelConfig& config() { return config_; }

private:
  void add(const std::string& name, Shape shape);

  ModelConfig config_;
  std::map<std::string, StoredTensor, std::less<>> tensors_;
  std::uint32_t seed_ = 1;
};

}  // namespace etna::test
