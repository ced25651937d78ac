#pragma once

#include <memory>
#include <string>

#include "engine/nn/embedding.h"
#include "engine/nn/experts.h"
#include "engine/nn/linear.h"

namespace etna::nn {

enum class Bias { none, present };

/// Some rows of a stored matrix: checkpoints join q, k and v, or gate and up.
struct Rows {
  std::int64_t first = 0;
  std::int64_t count = 0;
  std::int64_t total = 0;  ///< of the stored matrix
};

/// Gives modules their weights by path. The implementation knows files and formats; modules do not.
/// All throw not_found (a tensor is missing) or corrupt (its shape or type contradicts the configuration).
class Parameters {
public:
  virtual ~Parameters() = default;
  virtual bool has(const std::string& path) const = 0;

  /// Whether a linear layer or an embedding is stored at path.
  bool has_weight(const std::string& path) const { return has(path + ".weight"); }

  virtual std::unique_ptr<Linear> linear(const std::string& path, std::int64_t in, std::int64_t out, Bias bias) = 0;

  /// Rows of a matrix, and of its bias, as a layer of their own; they share its memory.
  virtual std::unique_ptr<Linear> linear_rows(const std::string& path, std::int64_t in, Rows rows, Bias bias) = 0;

  virtual std::shared_ptr<Embedding> embedding(const std::string& path, std::int64_t rows, std::int64_t size) = 0;

  /// The linear layers of `count` experts, named as one stacked module ("….switch_mlp.gate_proj", "….experts.up_proj");
  /// checkpoints that keep experts apart or fused are brought into that form.
  virtual std::unique_ptr<Experts> experts(const std::string& path, std::int64_t count, std::int64_t in, std::int64_t out, Bias bias) = 0;

  /// A floating tensor of this shape: norm weights, sinks.
  virtual Array tensor(const std::string& name, const Shape& shape) = 0;

  Array vector(const std::string& name, std::int64_t size) { return tensor(name, {size}); }
};

}  // namespace etna::nn
