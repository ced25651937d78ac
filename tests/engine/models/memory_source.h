#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <map>

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/base/error.h"
#include "engine/io/model_config.h"
#include "engine/models/stored_parameters.h"
#include "engine/ops/elementwise.h"
#include "tests/support/random_arrays.h"

namespace etna::test {

/// Tensors in memory, as if a file held them.
class MemorySource : public TensorSource {
public:
  void add(const std::string& name, const std::string& stored_dtype, std::optional<DType> dtype, Shape shape,
           std::span<const std::byte> bytes) {
    const auto owner = std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end());
    tensors_[name] = {name, stored_dtype, dtype, std::move(shape), *owner, "test.safetensors", owner, {}};
  }

  template <class T>
  void add(const std::string& name, const std::string& stored_dtype, DType dtype, Shape shape,
           const std::vector<T>& values) {
    add(name, stored_dtype, dtype, std::move(shape), std::as_bytes(std::span(values)));
  }

  void add(const std::string& name, const std::string& stored_dtype, const Array& array) {
    const auto bytes = array.to_bytes();
    add(name, stored_dtype, array.dtype(), array.shape(), std::as_bytes(std::span(bytes)));
  }

  const StoredTensor* find(std::string_view name) const override {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : &found->second;
  }

  std::vector<std::string> names() const override {
    std::vector<std::string> result;
    for (const auto& [name, tensor] : tensors_) result.push_back(name);
    return result;
  }

  std::string description() const override { return "test"; }

private:
  std::map<std::string, StoredTensor, std::less<>> tensors_;
};

/// Loads modules of a source on the processor and looks at their weights.
class StoredTest : public testing::Test {
protected:
  StoredTest() : backend_(cpu::create_backend(1)), loader_(*backend_, 0, {}) {}

  /// The weight (rows, k) of the linear layer "m": its products with unit vectors.
  std::vector<double> weights(std::int64_t rows, std::int64_t k) {
    StoredParameters parameters(config_, source_, loader_);
    const auto linear = parameters.linear("m", k, rows, nn::Bias::none);
    std::vector<float> unit(static_cast<std::size_t>(k * k));
    for (std::int64_t i = 0; i < k; ++i) unit[static_cast<std::size_t>(i * k + i)] = 1;
    const Array y = (*linear)(Array::from(unit, {k, k}));
    evaluate(y, *backend_);
    const std::vector<float> columns = y.to_floats();
    std::vector<double> result;
    for (std::int64_t row = 0; row < rows; ++row) {
      for (std::int64_t i = 0; i < k; ++i)
        result.push_back(static_cast<double>(columns[static_cast<std::size_t>(i * rows + row)]));
    }
    return result;
  }

  std::vector<float> values(const Array& array) {
    const Array wide = cast(array, DType::float32);
    evaluate(wide, *backend_);
    return wide.to_floats();
  }

  /// Every weight of an expert layer, packed or not.
  std::vector<float> values(const LoadedExperts& experts) {
    return values(experts.format ? dequantize(experts.arrays, *experts.format, DType::float32) : experts.arrays.weight);
  }

  LoadedExperts experts(const std::string& path, std::int64_t count, std::int64_t in, std::int64_t out,
                        nn::Bias bias = nn::Bias::none) {
    return StoredParameters(config_, source_, loader_).load_experts(path, count, in, out, bias);
  }

  template <class Body>
  static std::string failure(const Body& body) {
    try {
      body();
    } catch (const Error& error) {
      return error.what();
    }
    return "no failure";
  }

  std::shared_ptr<Backend> backend_;
  WeightLoader loader_;
  MemorySource source_;
  ModelConfig config_;
};

inline void expect_near(const std::vector<double>& got, const std::vector<double>& wanted, double tolerance) {
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], wanted[i], tolerance) << "element " << i;
}

}  // namespace etna::test
