#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/devices.h"
#include "engine/session/model_files.h"
#include "engine/session/rehearsal.h"
#include "engine/session/training_messages.h"
#include "engine/training/trainer.h"

namespace etna {

/// What a recipe means for one model.
struct TrainingPlan {
  training::TrainingOptions options;
  std::unique_ptr<training::BatchSource> batches;
  std::unique_ptr<training::BatchSource> checks;  ///< null: there are no check data
  std::string start_adapter = {};                 ///< folder that low-rank changes begin with; empty: anew
  std::vector<std::string> warnings = {};         ///< sentences
};

/// Reads a recipe (JSON) and its data. Throws what is wrong with either.
using OpenTrainingPlan = std::function<TrainingPlan(
    const std::string& recipe, std::shared_ptr<const Tokenizer> tokenizer, const Progress& progress)>;

/// What a run would take: the learner's own code on a rehearsal of the device.
TrainingEstimate estimate_training(const ModelFiles& files, const TrainingPlan& plan, const OpenDevice& device);

/// A run between its request and its end, without a thread: whoever has one calls begin() and then advance() until that
/// is false. Callbacks are told from there. Requests to pause or stop come from any thread and are done between steps.
class TrainingRun {
public:
  TrainingRun(TrainingRequest request, TrainingCallbacks callbacks, OpenTrainingPlan open_plan);
  ~TrainingRun();

  const TrainingRequest& request() const { return request_; }

  /// Reads, estimates, reserves, loads. Throws; then nothing is left.
  void begin(const OpenDevice& device, const std::stop_token& stop);

  /// Some steps, for about `seconds`. False: it has ended, and `done` was told, or it waits (is_paused()).
  bool advance(double seconds, const std::stop_token& stop);

  bool is_paused() const { return wish_ == Wish::pause; }

  bool has_ended() const { return ended_; }

  // Any thread.
  void pause() { wish(Wish::pause); }

  void go_on() { wish(Wish::run); }

  void cancel() { wish(Wish::cancel); }  ///< where it is: advance() throws cancelled, and what was saved can be resumed

  void stop(StopTraining what) { wish(what == StopTraining::keep ? Wish::keep : Wish::discard); }

private:
  enum class Wish { run, pause, keep, discard, cancel };

  void wish(Wish wish);
  void tell(TrainingPhase phase);
  training::Observer observer();
  void load(const OpenDevice& device, const std::stop_token& stop);
  std::string latest_whole_checkpoint() const;
  void tell_samples(std::int64_t iteration);
  void end(TrainingResult::Outcome outcome);

  TrainingRequest request_;
  TrainingCallbacks callbacks_;
  OpenTrainingPlan open_plan_;
  std::atomic<Wish> wish_{Wish::run};
  std::atomic<bool> ended_{false};
  std::optional<TrainingPhase> phase_;

  // Order matters: what is below uses what is above.
  std::optional<ModelFiles> files_;
  std::optional<TrainingPlan> plan_;
  std::shared_ptr<Backend> backend_;
  OwnerId owner_ = 0;
  Reservation reservation_;
  std::unique_ptr<training::Learner> learner_;
  std::unique_ptr<training::Trainer> trainer_;
  bool saved_after_pause_ = false;
  double seconds_before_ = 0;  // of earlier parts of the run
};

/// TrainingRunInfo of a folder.
TrainingRunInfo describe_training_run(const std::string& output);

}  // namespace etna
