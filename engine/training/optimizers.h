#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/training/methods.h"
#include "engine/training/options.h"

namespace etna::training {

/// An array that an optimizer remembers from step to step.
struct OptimizerState {
  std::string name;  ///< "first_moment.0", "model.layers.0.self_attn.q_proj.lora_a.row"
  Array value;
};

/// New weights from gradients, as a graph: recorded once, run for each step. What changes from step to step (rate,
/// step, factor of the gradients) goes into a small array first. With g the gradient times the factor, w the weight, t
/// the number of the update, counted from 1, all in float32:
///
///   SGD        g += wd·w; v = mu·v + (1 - damping)·g; w -= lr·v (Nesterov: g + mu·v); without momentum w -= lr·g
///   Adam       m = b1·m + (1 - b1)·g; v = b2·v + (1 - b2)·g²; w -= lr·m / (√v + eps); with bias correction
///              w -= c1·m / (√v·c2 + eps), c1 = lr / (1 - b1^t), c2 = 1 / √(1 - b2^t)
///   AdamW      w *= 1 - lr·wd, then Adam
///   Muon       g += wd·w; v = mu·v + (1 - mu)·g; u = (1 - mu)·g + mu·v (Nesterov) or v; of matrices, u is made
///              orthogonal by Newton-Schulz steps with (3.4445, -4.7750, 2.0315) and lr grows by
///              √max(1, rows / columns); w -= lr·u
///   Adafactor  v from means of g² + eps over rows and columns, decayed by 1 - t^-0.8; u = g / √v, divided by
///              max(1, rms(u) / clip); w -= rate·u, rate = max(eps2, rms(w)) · min(1e-2, 1 / √t)
///
/// Sources: mlx/optimizers of https://github.com/ml-explore/mlx (rules and constants), arXiv:1412.6980,
/// arXiv:1711.05101, arXiv:1804.04235, https://kellerjordan.github.io/posts/muon.
class Optimizer {
public:
  /// `gradients`: pieces like memory.pieces(). All must outlive this.
  Optimizer(const OptimizerOptions& options, const std::vector<Trainable>& trained, const ParameterMemory& memory,
            const std::vector<Array>& gradients, Backend& backend, OwnerId owner);

  /// Assignments that do an update, in their order.
  std::vector<Array> updates() const;

  /// What the next run of the updates is to know. `update`: its number, from 1; `factor`: of the gradients.
  void prepare(std::int64_t update, double learning_rate, double factor);

  const std::vector<OptimizerState>& state() const { return state_; }

private:
  /// Places in the small array.
  enum Scalar {
    gradient_factor,
    rate,
    moment_rate,
    moment_scale,
    decayed,
    second_decay,
    second_share,
    relative_rate,
    scalar_count
  };

  Array scalar(Scalar which) const;
  Array remember(const std::string& name, const Shape& shape);
  void remember_pieces(const std::string& name);
  void remember_adafactor();

  std::vector<Array> sgd() const;
  std::vector<Array> adam() const;
  std::vector<Array> muon() const;
  std::vector<Array> adafactor() const;
  std::vector<Array> adafactor(const Trainable& weight, const Array& gradient, std::size_t& next) const;
  Array orthogonal(const Array& update) const;

  OptimizerOptions options_;
  const std::vector<Trainable>& trained_;
  const ParameterMemory& memory_;
  std::vector<Array> gradients_;
  Backend& backend_;
  OwnerId owner_;
  Array scalars_;
  std::vector<OptimizerState> state_;
};

/// Σ x² of pieces of ParameterMemory, float32 (1): of all gradients together.
Array sum_of_squares(const std::vector<Array>& pieces);

}  // namespace etna::training
