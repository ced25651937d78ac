#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "engine/model_service.h"
#include "engine/training_run.h"
#include "engine/worker.h"

namespace etna {

/// Runs on the engine's thread, a few steps at a time, so that what else is asked for gets its turn between them.
class TrainingRuns {
public:
  TrainingRuns(ModelService& models, OpenTrainingPlan open_plan) : models_(models), open_plan_(std::move(open_plan)) {}

  WorkerThread::RequestId start(WorkerThread& thread, TrainingRequest request, TrainingCallbacks callbacks);

  // Unknown and ended runs are ignored.
  void pause(WorkerThread::RequestId id);
  void go_on(WorkerThread& thread, WorkerThread::RequestId id);
  void stop(WorkerThread& thread, WorkerThread::RequestId id, StopTraining what);

  void cancel(WorkerThread& thread, WorkerThread::RequestId id);

  TrainingEstimate estimate(const TrainingRequest& request) const;

private:
  /// A run and what the thread does with it.
  struct Entry {
    std::shared_ptr<TrainingRun> run;
    std::function<void(Failure)> failed;
    bool scheduled = false;  ///< a turn waits or runs
  };

  void schedule(WorkerThread& thread, const std::shared_ptr<Entry>& entry);
  void turn(WorkerThread& thread, const std::shared_ptr<Entry>& entry, const std::stop_token& stop);
  std::shared_ptr<Entry> find(WorkerThread::RequestId id) const;
  void forget(const Entry& entry);

  ModelService& models_;
  OpenTrainingPlan open_plan_;
  mutable std::mutex mutex_;  // guards runs_ and Entry::scheduled
  std::map<WorkerThread::RequestId, std::shared_ptr<Entry>> runs_;
};

/// What a recipe means, by its own reader (engine/training/data).
OpenTrainingPlan recipe_reader();

}  // namespace etna
