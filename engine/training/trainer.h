#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "engine/training/checkpoint.h"
#include "engine/training/learner.h"

namespace etna::training {

/// What a run tells while it goes on, on the thread that advances it.
struct Observer {
  struct Step {
    std::int64_t iteration = 0;  ///< 1 is the first
    double loss = 0;             ///< mean over the batch's learned tokens, before the update
    double learning_rate = 0;
    double gradient_norm = 0;  ///< before clipping
    std::int64_t tokens = 0;   ///< learned in it
    std::int64_t trained_tokens = 0;
    double seconds = 0;
    double tokens_per_second = 0;  ///< of the last few
    double iterations_per_second = 0;
    double seconds_left = -1;  ///< below 0: not known yet
    std::uint64_t peak_memory_bytes = 0;
  };

  struct Check {
    std::int64_t iteration = 0;  ///< done before it
    double loss = 0;             ///< mean over the tokens of the check data
    double seconds = 0;
    bool best = false;
  };

  enum class Phase { training, checking, saving };

  std::function<void(Phase)> phase = {};
  std::function<void(const Step&)> step = {};
  std::function<void(const Check&)> check = {};
  std::function<void(const CheckpointInfo&)> saved = {};
};

/// A run: takes batches in their order, updates by the schedule, checks and saves when that is due, and stops itself
/// when the loss is no number any more. One thread.
class Trainer {
public:
  /// `checks`: null without check data. `output`: where checkpoints go; empty: nowhere. All must outlive this.
  Trainer(Learner& learner, BatchSource& batches, BatchSource* checks, TrainingOptions options,
          std::filesystem::path output, Observer observer = {});

  /// Goes on where a checkpoint was saved: what follows is what would have followed then. Throws corrupt;
  /// invalid_argument where the data is not what it was.
  void resume(const std::filesystem::path& checkpoint);

  enum class Status { running, complete, unstable };

  Status status() const { return status_; }

  /// One iteration, with the check before it and the checkpoint after it that are due. Throws what goes wrong: after io
  /// (a checkpoint cannot be written) or out_of_memory nothing is lost, and the next call does again what failed.
  Status advance();

  /// A checkpoint of now; none where output is empty.
  std::optional<CheckpointInfo> save();

  const RunState& state() const { return state_; }

  std::int64_t unstable_iteration() const { return unstable_iteration_; }

  /// Mean of the last losses, up to 10.
  double recent_loss() const;

private:
  using Clock = std::chrono::steady_clock;

  bool check_is_due(std::int64_t iteration) const;

  bool is_last() const { return state_.iteration >= options_.iterations; }

  void check();
  void step();
  void tell_step(const Batch& batch, const Learner::Outcome& outcome, double rate, double seconds);
  double seconds_left(double step_seconds) const;
  void stop_unstable();
  void enter(Observer::Phase phase);

  Learner& learner_;
  BatchSource& batches_;
  BatchSource* checks_;
  TrainingOptions options_;
  std::filesystem::path output_;
  Observer observer_;
  std::string config_;
  RunState state_;
  Status status_ = Status::running;
  std::int64_t unstable_iteration_ = 0;
  bool save_is_due_ = false;
  std::int64_t checked_at_ = -1;                 // iterations that were done at the last check
  double check_seconds_ = 0, save_seconds_ = 0;  // of the last ones

  struct Recent {
    double seconds;
    std::int64_t tokens;
  };

  std::deque<Recent> recent_;
};

}  // namespace etna::training
