#pragma once

#include <memory>
#include <string>

#include "engine/nn/embedding.h"
#include "engine/nn/experts.h"
#include "engine/nn/linear.h"

namespace etna::nn {

enum class Bias { none, present };

/// Gives modules their weights by path. The implementation knows files and formats; modules do not.
/// All throw not_found (a tensor is missing) or corrupt (its shape or type contradicts the configuration).
class Parameters {
public:
  virtual ~Parameters() = default;
  virtual bool has(const std::string& path) const = 0;
  virtual std::unique_ptr<Linear> linear(const std::string& path, std::int64_t in, std::int64_t out, Bias bias) = 0;
  virtual std::shared_ptr<Embedding> embedding(const std::string& path, std::int64_t rows, std::int64_t size) = 0;

  /// The linear layers of `count` experts, named as one stacked module ("….switch_mlp.gate_proj", "….experts.up_proj");
  /// checkpoints that keep experts apart or fused are brought into that form.
  virtual std::unique_ptr<Experts> experts(const std::string& path, std::int64_t count, std::int64_t in, std::int64_t out, Bias bias) = 0;

  /// A floating vector of `size` elements: norm weights.
  virtual Array vector(const std::string& path, std::int64_t size) = 0;
};

}  // namespace etna::nn
