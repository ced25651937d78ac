#pragma once

#include <optional>

#include "engine/nn/parameters.h"

namespace etna::nn {

enum class NormKind { rms, layer };

struct NormSettings {
  NormKind kind = NormKind::rms;
  float eps = 1e-6f;
  float weight_offset = 0;  ///< added to the stored weights (Gemma's 1 + w)
  bool has_bias = false;    ///< of layer norms
};

/// RMSNorm or LayerNorm over the last axis.
class Norm {
public:
  /// Tensors path.weight and, where settings say so, path.bias of `size` elements; size 0 keeps the stored shape's rank
  /// out of it: see per_head().
  Norm(Parameters& parameters, const std::string& path, std::int64_t size, const NormSettings& settings);

  /// For x (..., heads, size) with weights of their own for every head: path.weight (heads, size).
  static Norm per_head(Parameters& parameters, const std::string& path, std::int64_t heads, std::int64_t size, const NormSettings& settings);

  Array operator()(const Array& x) const;

private:
  Norm(const NormSettings& settings, Array weight) : settings_(settings), weight_(std::move(weight)) {}

  NormSettings settings_;
  Array weight_;
  std::optional<Array> bias_;
  bool of_heads_ = false;
};

}  // namespace etna::nn
