#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/array/working_memory.h"
#include "engine/base/progress.h"
#include "engine/io/adapter.h"
#include "engine/io/model_config.h"
#include "engine/io/tensor_source.h"
#include "engine/models/model.h"
#include "engine/plan/plan.h"
#include "engine/training/batch.h"
#include "engine/training/methods.h"
#include "engine/training/optimizers.h"

namespace etna::training {

/// A model on a device with what is trained of it: computes losses and gradients of batches and new weights. It knows
/// no files, no order of batches and no schedule.
///
/// Each size of batch has a plan of its own, compiled when it first comes; the last few are kept. An update is one plan
/// for all.
class Learner {
public:
  struct Setup {
    const ModelConfig& config;
    const TensorSource& tensors;  ///< outlines on a rehearsal's backend
    const TrainingOptions& options;
    DType activations = DType::float32;
    const Adapter* start = nullptr;     ///< what low-rank changes begin with; null: anew
    Scope scope = Scope::layers;        ///< of full training
    std::optional<OwnerId> owner = {};  ///< whom memory belongs to, who outlives this; none: an owner of its own
  };

  /// Loads the model and makes what is trained. Throws what is wrong with the model or the options, out_of_memory,
  /// cancelled.
  Learner(const Setup& setup, std::shared_ptr<Backend> backend, const Progress& loading);
  ~Learner();

  struct Outcome {
    double loss = 0;           ///< mean over the batch's learned tokens; 0 where there are none
    double gradient_norm = 0;  ///< of all gradients so far together, divided by how many batches they are sums of
    bool finite() const;
  };

  /// Loss and gradients of a batch, with dropout. They are added to those that are there.
  Outcome accumulate(const Batch& batch);

  /// New weights from the mean of the gradients, none of which are left. `clip`: see TrainingOptions.
  void update(double learning_rate, double clip);

  /// Forgets gradients, for example those that are no numbers.
  void drop_gradients();

  /// Σ of the losses of a batch's learned tokens, without dropout.
  double loss_sum(const Batch& batch);

  /// Compiles what batches of this size need. Nothing is computed.
  void prepare(const BatchShape& training, const BatchShape* check = nullptr);

  const std::vector<Trainable>& trained() const { return parameters_->trained(); }

  std::uint64_t trainable_parameters() const;

  std::uint64_t parameters() const { return parameter_count_; }

  /// Of trained()[index], as they are now (of a sum of batches; see accumulate).
  std::vector<float> gradient(std::size_t index) const;

  /// All that a run must find again, by name: weights, gradients that wait for an update, the optimizer's state.
  std::vector<OptimizerState> state() const;

  /// Counters of the same: updates done, batches since the last one, batches in all (dropout draws by them).
  struct Counters {
    std::int64_t updates = 0;
    std::int64_t accumulated = 0;
    std::int64_t batches = 0;
  };

  Counters counters() const { return {updates_, accumulated_, batches_}; }

  void set_counters(const Counters& counters);

  const Model& model() const { return *model_; }

  Backend& backend() const { return *backend_; }

  OwnerId owner() const { return owner_; }

  DType activations() const { return activations_; }

private:
  struct Inputs {
    Array ids, targets;
  };

  /// Of one size of batch.
  struct BatchPlan {
    Inputs inputs;
    std::unique_ptr<Plan> plan;
    std::uint64_t used = 0;
  };

  using Plans = std::map<BatchShape, BatchPlan>;

  void load(const Setup& setup, const Progress& loading);
  Inputs make_inputs(const BatchShape& shape) const;
  Array losses(const BatchShape& shape, const Inputs& inputs) const;
  BatchPlan compile_training(const BatchShape& shape) const;
  BatchPlan compile_check(const BatchShape& shape) const;
  BatchPlan& plan_for(Plans& plans, const BatchShape& shape, BatchPlan (Learner::*compile)(const BatchShape&) const);
  static void write(const BatchPlan& plan, const Batch& batch);
  Array dropped(const Array& x) const;

  std::shared_ptr<Backend> backend_;
  OwnerId owner_;
  bool owns_owner_;
  TrainingOptions options_;
  DType activations_;
  std::uint64_t parameter_count_ = 0;
  std::shared_ptr<WorkingMemory> working_;
  std::unique_ptr<TrainedParameters> parameters_;
  std::unique_ptr<Model> model_;
  std::vector<Array> gradients_;  // pieces
  std::unique_ptr<Optimizer> optimizer_;
  std::optional<Array>
      step_inputs_;  // float32 (2): share of a token in the loss, factor of the gradients that are there
  std::optional<Array> dropout_seed_, dropout_counter_;
  mutable bool with_dropout_ = false;  // while a graph is made
  mutable std::int32_t dropout_stream_ = 0;
  Plans training_plans_, check_plans_;
  std::unique_ptr<Plan> update_plan_;
  std::uint64_t uses_ = 0;
  double squared_norm_ = 0;
  std::int64_t updates_ = 0, accumulated_ = 0, batches_ = 0;
};

}  // namespace etna::training
