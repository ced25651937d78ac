#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/io/model_config.h"
#include "engine/nn/kv_cache.h"
#include "engine/nn/parameters.h"
#include "engine/nn/rope.h"

namespace etna {

using nn::CacheShape;

/// One layer as a function of its input rows.
using Layer = std::function<Array(const Array& x)>;

/// What a model is evaluated on. Everything that changes between runs of one plan is an array.
struct Forward {
  Array input;                           ///< int32 ids (B, L); of a part behind another its hidden rows (B, L, hidden)
  std::span<const nn::KvCache> caches;   ///< one a layer
  Array offsets;                         ///< int32 (B): tokens already in the caches
  std::span<const Array> frequencies;    ///< float32, one for each of Model::ropes(): nn::rope_table's
  DType activations = DType::float32;

  /// How a layer is applied to its input; none: layer(x). Training keeps only inputs of layers and computes the rest again.
  std::function<Array(const Layer& layer, const Array& x)> apply = {};
};

/// A language model, or some of its layers, as a graph builder. It holds weights; caches and positions come from outside.
class Model {
public:
  virtual ~Model() = default;

  /// One entry a layer.
  virtual std::vector<CacheShape> cache_shapes() const = 0;

  /// How positions rotate. Tables may depend on the length of the text: whoever runs the model fills them in.
  virtual const std::vector<nn::RopeSettings>& ropes() const = 0;

  /// Hidden states (B, L, hidden) in the dtype of activations: after the last norm, or what the next part begins with.
  virtual Array hidden_states(const Forward& in) const = 0;

  /// hidden (..., hidden) → logits (..., vocab), after the model's own scaling and caps. Of the last part.
  virtual Array logits(const Array& hidden) const = 0;
};

/// Makes a model of config.model_type. Throws unsupported (an unknown type, listing the known ones; a key that changes
/// the mathematics and is not understood) and what Parameters throws.
std::unique_ptr<Model> create_model(const ModelConfig& config, nn::Parameters& parameters);

/// Sorted: for messages and pages.
std::vector<std::string> supported_model_types();
bool is_supported_model_type(const std::string& model_type);

}  // namespace etna
