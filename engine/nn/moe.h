#pragma once

#include "engine/nn/parameters.h"
#include "engine/ops/elementwise.h"

namespace etna::nn {

/// How logits of the router become scores.
enum class Scoring {
  softmax,  ///< over all experts
  sigmoid,  ///< each for itself, of logits computed in float32 (DeepSeek-V3)
};

/// Whether the weights of the chosen experts are divided by their sum. Softmax over all experts and then this is the
/// same as softmax over the chosen ones (Mixtral, gpt-oss).
enum class Normalize { no, yes };

/// Which experts a token goes to, and with what weights.
struct RouterSettings {
  std::string name = "gate";  ///< of the linear layer, below the mixture's path
  Bias bias = Bias::none;     ///< of that layer
  std::int64_t experts = 0;
  std::int64_t chosen = 0;  ///< experts of a token
  Scoring scoring = Scoring::softmax;
  Normalize normalize = Normalize::yes;
  double scale = 1;  ///< of the weights, after normalizing (routed_scaling_factor)

  /// Choose by score + `name`.e_score_correction_bias; the weights are the scores alone.
  bool correction = false;

  /// Experts come in this many groups (n_group); only those of the `chosen_groups` groups with the largest sum of their
  /// two best scores can be chosen (topk_group). 1: no groups.
  std::int64_t groups = 1;
  std::int64_t chosen_groups = 1;
};

/// Experts that see every token.
struct SharedExpertSettings {
  std::string name;                    ///< "shared_expert", "shared_experts"
  std::int64_t intermediate_size = 0;  ///< of all of them together
  std::string gate_name;               ///< of a linear layer to one number, whose sigmoid scales them; empty: none
};

struct MoeSettings {
  std::int64_t hidden_size = 0;
  std::int64_t intermediate_size = 0;  ///< of one expert
  std::string experts_name = "switch_mlp";
  GateKind gate = GateKind::silu;
  Bias bias = Bias::none;  ///< of the experts
  RouterSettings router;
  std::optional<SharedExpertSettings> shared = {};
};

/// What a router says: int32 (T, S) and float32 (T, S).
struct Routing {
  Array experts;
  Array weights;
};

/// Scores tokens and picks their experts; all on the device, nothing is decided by the host.
class Router {
public:
  /// Tensors path.name.{weight,bias,e_score_correction_bias}. Throws invalid_argument, naming path, when numbers of
  /// experts and groups contradict each other.
  Router(Parameters& parameters, const std::string& path, std::int64_t hidden_size, const RouterSettings& settings);

  /// x (T, hidden).
  Routing operator()(const Array& x) const;

private:
  Array choice(const Array& scores) const;
  Array without_weak_groups(const Array& scores) const;

  RouterSettings settings_;
  std::unique_ptr<Linear> linear_;
  std::optional<Array> correction_;
};

/// A feed-forward layer as a mixture of experts: Σ over the chosen of weight · down(gate(x) gating up(x)), plus shared
/// experts where there are any. Sources: arXiv:2101.03961, arXiv:2401.04088 (Mixtral), arXiv:2412.19437 (DeepSeek-V3).
class Moe {
public:
  /// Tensors path.experts_name.{gate,up,down}_proj, stacked by expert (Parameters::experts), those of the router, and
  /// path.{shared name}.{gate,up,down}_proj.
  Moe(Parameters& parameters, const std::string& path, const MoeSettings& settings);

  /// x (..., hidden) → the same shape.
  Array operator()(const Array& x) const;

private:
  struct Shared {
    std::unique_ptr<Linear> gate, up, down;
    std::unique_ptr<Linear> scale;  // null: none
  };

  Array shared(const Array& x) const;

  MoeSettings settings_;
  Router router_;
  std::unique_ptr<Experts> gate_, up_, down_;
  std::optional<Shared> shared_;
};

}  // namespace etna::nn
