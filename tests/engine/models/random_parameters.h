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

  /// Weights that went `length` steps along a random direction of theirs, whose elements are 1 and -1.
  RandomParameters(std::vector<std::string> absent, float length, std::uint32_t direction)
      : absent_(std::move(absent)), length_(length), direction_(direction) {}

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

  /// All arrays that were handed out, by name.
  const std::map<std::string, Array>& made() const { return made_; }

  static std::vector<float> direction_of(const std::string& name, std::int64_t size, std::uint32_t direction) {
    std::vector<float> signs =
        random_array({size}, DType::float32, seed_of(name) ^ (direction * 0x9E3779B9U)).to_floats();
    for (float& sign : signs) sign = sign < 0 ? -1.0f : 1.0f;
    return signs;
  }

private:
  static std::uint32_t seed_of(const std::string& name) {
    std::uint32_t seed = 17;
    for (const char c : name) seed = seed * 31 + static_cast<std::uint8_t>(c);
    return seed;
  }

  Array weight(const std::string& name, const Shape& shape, float scale) {
    Array made = random_array(shape, DType::float32, seed_of(name), scale);
    if (length_ != 0) {
      std::vector<float> moved = made.to_floats();
      const std::vector<float> signs = direction_of(name, made.size(), direction_);
      for (std::size_t i = 0; i < moved.size(); ++i) moved[i] += length_ * signs[i];
      made = Array::from(moved, shape);
    }
    return made_.insert_or_assign(name, made).first->second;
  }

  std::optional<Array> optional_bias(const std::string& path, const Shape& shape, nn::Bias bias) {
    return bias == nn::Bias::present ? std::optional(weight(path + ".bias", shape, 0.1f)) : std::nullopt;
  }

  std::vector<std::string> absent_;
  float length_ = 0;
  std::uint32_t direction_ = 0;
  std::map<std::string, Array> made_;
  std::vector<std::string> asked_;
};

}  // namespace etna::test
