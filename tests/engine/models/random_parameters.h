#pragma once

#include <map>
#include <string>

#include "engine/nn/parameters.h"
#include "tests/support/random_arrays.h"

namespace etna::test {

/// Weights for whatever a model asks: random, the same for the same name. So a family can be run without a checkpoint.
class RandomParameters : public nn::Parameters {
public:
  /// Names that must not exist (a joined matrix, an output layer).
  explicit RandomParameters(std::vector<std::string> absent = {}) : absent_(std::move(absent)) {}

  bool has(const std::string& path) const override {
    for (const std::string& part : absent_) {
      if (path.find(part) != std::string::npos) return false;
    }
    return true;
  }

  std::unique_ptr<nn::Linear> linear(const std::string& path, std::int64_t in, std::int64_t out, nn::Bias bias) override {
    asked_.push_back(path);
    return std::make_unique<nn::FloatLinear>(weight(path, {out, in}, 0.3f), optional_bias(path, {out}, bias));
  }

  std::unique_ptr<nn::Linear> linear_rows(const std::string& path, std::int64_t in, nn::Rows rows, nn::Bias bias) override {
    return linear(path + "#" + std::to_string(rows.first), in, rows.count, bias);
  }

  std::shared_ptr<nn::Embedding> embedding(const std::string& path, std::int64_t rows, std::int64_t size) override {
    asked_.push_back(path);
    return std::make_shared<nn::FloatEmbedding>(weight(path, {rows, size}, 1));
  }

  std::unique_ptr<nn::Experts> experts(const std::string& path, std::int64_t count, std::int64_t in, std::int64_t out, nn::Bias bias) override {
    asked_.push_back(path);
    return std::make_unique<nn::FloatExperts>(weight(path, {count, out, in}, 0.3f), optional_bias(path, {count, out}, bias));
  }

  Array tensor(const std::string& name, const Shape& shape) override {
    asked_.push_back(name);
    return weight(name, shape, 1);
  }

  const std::vector<std::string>& asked() const { return asked_; }

private:
  static Array weight(const std::string& name, const Shape& shape, float scale) {
    std::uint32_t seed = 17;
    for (const char c : name) seed = seed * 31 + static_cast<std::uint8_t>(c);
    return random_array(shape, DType::float32, seed, scale);
  }

  static std::optional<Array> optional_bias(const std::string& path, const Shape& shape, nn::Bias bias) {
    return bias == nn::Bias::present ? std::optional(weight(path + ".bias", shape, 0.1f)) : std::nullopt;
  }

  std::vector<std::string> absent_;
  std::vector<std::string> asked_;
};

}  // namespace etna::test
