#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/array/backend.h"
#include "engine/io/adapter.h"
#include "engine/io/model_config.h"
#include "engine/nn/lora.h"
#include "engine/nn/parameters.h"

namespace etna {

/// Which row of a module's matrix, as transformers and adapters order them, lies at each place of the one that the file
/// has (StoredForm).
std::function<std::int64_t(std::int64_t row)> order_of_rows(const ModelConfig& config, const std::string& path);

/// A model's parameters with an adapter applied (D6): layers that it names get a change of low rank on top, in memory of
/// their own; the others are the model's. Models do not know.
class AdaptedParameters : public nn::Parameters {
public:
  /// All references must outlive this; what it gives out needs none of them.
  AdaptedParameters(nn::Parameters& base, const Adapter& adapter, const ModelConfig& config, Backend& backend, OwnerId owner)
      : base_(base), adapter_(adapter), config_(config), backend_(backend), owner_(owner) {}

  bool has(const std::string& path) const override { return base_.has(path); }

  /// These throw corrupt, naming the adapter and the module, when shapes do not fit the model.
  std::unique_ptr<nn::Linear> linear(const std::string& path, std::int64_t in, std::int64_t out, nn::Bias bias) override;
  std::unique_ptr<nn::Linear> linear_rows(const std::string& path, std::int64_t in, nn::Rows rows, nn::Bias bias) override;
  std::unique_ptr<nn::Experts> experts(const std::string& path, std::int64_t count, std::int64_t in, std::int64_t out, nn::Bias bias) override;
  std::shared_ptr<nn::Embedding> embedding(const std::string& path, std::int64_t rows, std::int64_t size) override;

  Array tensor(const std::string& name, const Shape& shape) override { return base_.tensor(name, shape); }

  /// Paths of the adapter's modules that the model asked for.
  const std::set<std::string>& used() const { return used_; }

private:
  const AdapterModule* find(const std::string& path);
  void check(const AdapterModule& module, const Shape& a, const Shape& b, std::int64_t lengths) const;
  Array load(Shape shape, std::span<const float> values);
  nn::LowRank load_change(const AdapterModule& module, nn::Rows rows);
  template <class Layer>
  Array load_factor(const AdapterModule& module, const Layer& changed, nn::Rows rows);

  /// base: of these rows; without a bias where the module has magnitudes, which do not scale it.
  std::unique_ptr<nn::Linear> adapted(const AdapterModule& module, std::unique_ptr<nn::Linear> base, nn::Rows rows, nn::Bias bias);

  nn::Parameters& base_;
  const Adapter& adapter_;
  const ModelConfig& config_;
  Backend& backend_;
  OwnerId owner_;
  std::set<std::string> used_;
};

/// Throws corrupt, listing them, when the adapter has modules that the model did not ask for: it was made for another one.
void check_all_used(const Adapter& adapter, const std::set<std::string>& used);

/// Tensors of a model with those of an adapter (Adapter::replaced) in their place.
class ReplacedTensors : public TensorSource {
public:
  /// Throws corrupt for tensors that the model has not, has in another shape, or has packed.
  ReplacedTensors(std::unique_ptr<TensorSource> model, const Adapter& adapter);

  const StoredTensor* find(std::string_view name) const override;
  std::vector<std::string> names() const override { return model_->names(); }
  std::string stored_name(const std::string& name) const override { return model_->stored_name(name); }
  std::string description() const override { return model_->description(); }

private:
  std::unique_ptr<TensorSource> model_;
  std::vector<StoredTensor> replaced_;  // sorted by name
};

}  // namespace etna
