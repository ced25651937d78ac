#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a training run is asked for: plain values, with mlx-lm's meanings and defaults (formats of
/// https://github.com/ml-explore/mlx-lm, mlx_lm/lora.py). Recipes, flags and screens all end here.
namespace etna::training {

/// What is trained.
enum class Method {
  lora,  ///< changes of low rank (arXiv:2106.09685)
  dora,  ///< the same with lengths of rows (arXiv:2402.09353)
  full,  ///< the weights themselves
};

/// "lora", "dora", "full": mlx-lm's fine_tune_type. Throws invalid_argument naming the known ones.
Method method_named(std::string_view name);
const char* name(Method method);

/// Which modules get a change of low rank, and how it begins.
struct LoraOptions {
  std::int64_t rank = 8;
  double scale = 20;   ///< multiplies the change as it is: not alpha / rank
  double dropout = 0;  ///< share of the inputs of a change that is left out in a step; below 1

  /// Paths of modules inside a layer ("self_attn.q_proj") or whole ones ("lm_head"); none: every linear layer, expert
  /// and embedding inside the layers.
  std::vector<std::string> keys = {};
};

enum class OptimizerKind { sgd, adam, adamw, adafactor, muon };

/// "sgd", "adam", "adamw", "adafactor", "muon". Throws invalid_argument naming the known ones.
OptimizerKind optimizer_named(std::string_view name);
const char* name(OptimizerKind kind);

/// A rule for new weights; engine/training/optimizers.h says what each field does. Fields that a rule does not have are
/// not looked at.
struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::adam;

  double weight_decay = 0;

  // Adam, AdamW.
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  bool bias_correction = false;

  // SGD, Muon.
  double momentum = 0;
  double dampening = 0;  ///< SGD only
  bool nesterov = false;
  int newton_schulz_steps = 5;  ///< Muon only

  // Adafactor.
  double eps_squares = 1e-30;  ///< added to squares of gradients
  double eps_scale = 1e-3;     ///< least scale of a parameter
  double clip_threshold = 1;
  double decay_rate = -0.8;
  std::optional<double> first_moment = {};  ///< beta_1; none: no first moment
  bool scale_parameter = true;
  bool relative_step = true;  ///< the learning rate is not looked at
  bool warmup_init = false;

  /// The rule's own defaults (formats.md's table: weight decay 0.01 for AdamW and Muon, Muon's momentum 0.95, …).
  static OptimizerOptions of(OptimizerKind kind);
};

/// Learning rates by step.
struct ScheduleOptions {
  enum class Kind { constant, cosine_decay, exponential_decay, step_decay, linear };

  Kind kind = Kind::constant;
  double initial = 1e-5;
  double end = 0;          ///< cosine, linear
  double rate = 1;         ///< exponential, step: factor
  std::int64_t steps = 1;  ///< cosine, linear: until `end`; step: between two factors

  std::int64_t warmup = 0;  ///< steps of a straight line from warmup_initial to `initial` before all that
  double warmup_initial = 0;

  /// Of update number `step`, counted from 0.
  double learning_rate(std::int64_t step) const;
};

/// mlx-lm's names: "cosine_decay", "exponential_decay", "step_decay", "linear_schedule". Throws invalid_argument naming
/// the known ones. A constant rate has no name there.
ScheduleOptions::Kind schedule_named(std::string_view name);
const char* name(ScheduleOptions::Kind kind);

/// How examples become batches.
struct BatchOptions {
  std::int64_t batch_size = 4;
  std::int64_t max_sequence_length = 2048;
  bool answers_only = false;  ///< mask_prompt: what is learned is the last answer
};

/// All of a run but the model and the data.
struct TrainingOptions {
  Method method = Method::lora;
  LoraOptions lora = {};
  std::int64_t layers = 16;  ///< the last ones; 0 and below: all

  OptimizerOptions optimizer = {};
  ScheduleOptions schedule = {};
  std::int64_t iterations = 1000;  ///< batches, not updates
  std::int64_t accumulation = 1;   ///< batches to an update, whose gradients are averaged
  double clip_norm = 0;            ///< gradients together are at most so long; 0: as long as they are
  std::uint64_t seed = 0;
  bool checkpoint_layers = false;  ///< grad_checkpoint: layers are computed again in the backward pass
  std::string activations = {};    ///< "f32", "f16", "bf16"; empty: the rule of loads. Adapters stay float32.

  BatchOptions batches = {};

  std::int64_t steps_per_report = 10;
  std::int64_t steps_per_check = 200;  ///< 0: never
  std::int64_t check_batches = 25;     ///< below 0: all
  std::int64_t steps_per_save = 100;   ///< 0: at the end only
  std::int64_t keep_checkpoints = 0;   ///< the latest so many stay, and the best; 0: all

  /// Members of adapter_config.json beside those that are made of the fields above: "model", "data", what a recipe
  /// says. A JSON object as text; members that the fields above know are replaced.
  std::string recipe = "{}";
};

/// Throws invalid_argument naming the field (as mlx-lm calls it), its value and what is wanted.
void check(const TrainingOptions& options);

/// All fields under mlx-lm's names, with what `recipe` has: what adapter_config.json says, sorted, indented by 4.
std::string adapter_config(const TrainingOptions& options);

}  // namespace etna::training
