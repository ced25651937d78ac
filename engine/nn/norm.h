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
  /// Tensors path.weight and, where settings say so, path.bias of `size` elements.
  Norm(Parameters& parameters, const std::string& path, std::int64_t size, const NormSettings& settings);

  /// For x (..., heads, size), every head with weights of its own: path.weight (heads, size), or path.norms.<head>.weight
  /// (size) each.
  static Norm per_head(Parameters& parameters, const std::string& path, std::int64_t heads, std::int64_t size, const NormSettings& settings);

  Array operator()(const Array& x) const;

private:
  Norm(const NormSettings& settings, Array weight) : settings_(settings), weight_(std::move(weight)) {}

  NormSettings settings_;
  Array weight_;
  std::optional<Array> bias_;
  bool of_heads_ = false;  // weight_ (heads, size)
};

}  // namespace etna::nn
