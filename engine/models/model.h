#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/io/model_config.h"
#include "engine/nn/kv_cache.h"
#include "engine/nn/parameters.h"

namespace etna {

using nn::CacheShape;

/// A language model as a graph builder. It holds weights; caches and positions come from outside.
class Model {
public:
  virtual ~Model() = default;

  /// One entry a layer.
  virtual std::vector<CacheShape> cache_shapes() const = 0;

  /// ids int32 (B, L) → hidden states (B, L, hidden) after the last norm, in `activations`. caches: one a layer;
  /// offsets int32 (B): tokens already in the caches.
  virtual Array hidden_states(const Array& ids, std::span<const nn::KvCache> caches, const Array& offsets, DType activations) const = 0;

  /// hidden (..., hidden) → logits (..., vocab), after the model's own scaling and caps.
  virtual Array logits(const Array& hidden) const = 0;
};

/// Makes a model of config.model_type. Throws unsupported, listing the known types, and what Parameters throws.
std::unique_ptr<Model> create_model(const ModelConfig& config, nn::Parameters& parameters);

/// Sorted: for messages and pages.
std::vector<std::string> supported_model_types();
bool is_supported_model_type(const std::string& model_type);

}  // namespace etna
