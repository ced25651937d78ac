#include "engine/training_runs.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/io/starter_model.h"

namespace etna {

namespace {

constexpr double turn_seconds = 0.25;  // what else is asked for waits no longer than this and a step

}  // namespace

WorkerThread::RequestId TrainingRuns::start(WorkerThread& thread, TrainingRequest request,
                                            TrainingCallbacks callbacks) {
  auto entry = std::make_shared<Entry>();
  entry->failed = [failed = callbacks.failed](const Failure& failure) {
    if (failed) failed(failure.code, failure.message);
  };
  entry->run = std::make_shared<TrainingRun>(std::move(request), std::move(callbacks), open_plan_);
  entry->scheduled = true;
  const std::lock_guard lock(mutex_);  // the run is known before its first turn can end
  const WorkerThread::RequestId id = thread.submit(
      [this, &thread, entry](const std::stop_token& stop) {
        try {
          entry->run->begin(models_.open_device(entry->run->request().device), stop);
        } catch (...) {
          forget(*entry);
          throw;
        }
        turn(thread, entry, stop);
      },
      entry->failed);
  runs_.emplace(id, entry);
  return id;
}

void TrainingRuns::turn(WorkerThread& thread, const std::shared_ptr<Entry>& entry, const std::stop_token& stop) {
  bool more = false;
  try {
    more = entry->run->advance(turn_seconds, stop);
    if (stop.stop_requested() && !entry->run->has_ended()) fail(Errc::cancelled, "training was stopped");
  } catch (...) {
    forget(*entry);
    throw;
  }
  if (entry->run->has_ended()) {
    forget(*entry);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    // A wish that came since the run looked found it scheduled, and relies on the next turn.
    entry->scheduled = more || !entry->run->is_paused();
    if (!entry->scheduled) return;
  }
  schedule(thread, entry);
}

void TrainingRuns::schedule(WorkerThread& thread, const std::shared_ptr<Entry>& entry) {
  thread.submit([this, &thread, entry](const std::stop_token& stop) { turn(thread, entry, stop); }, entry->failed);
}

std::shared_ptr<TrainingRuns::Entry> TrainingRuns::find(WorkerThread::RequestId id) const {
  const auto found = runs_.find(id);
  return found == runs_.end() ? nullptr : found->second;
}

void TrainingRuns::forget(const Entry& entry) {
  const std::lock_guard lock(mutex_);
  std::erase_if(runs_, [&](const auto& known) { return known.second.get() == &entry; });
}

void TrainingRuns::pause(WorkerThread::RequestId id) {
  const std::lock_guard lock(mutex_);
  if (const auto entry = find(id)) entry->run->pause();
}

void TrainingRuns::go_on(WorkerThread& thread, WorkerThread::RequestId id) {
  const std::lock_guard lock(mutex_);
  const auto entry = find(id);
  if (!entry) return;
  entry->run->go_on();
  if (!std::exchange(entry->scheduled, true)) schedule(thread, entry);
}

void TrainingRuns::stop(WorkerThread& thread, WorkerThread::RequestId id, StopTraining what) {
  const std::lock_guard lock(mutex_);
  const auto entry = find(id);
  if (!entry) return;
  entry->run->stop(what);
  if (!std::exchange(entry->scheduled, true)) schedule(thread, entry);
}

void TrainingRuns::cancel(WorkerThread& thread, WorkerThread::RequestId id) {
  const std::lock_guard lock(mutex_);
  const auto entry = find(id);
  if (!entry) return;
  entry->run->cancel();
  if (!std::exchange(entry->scheduled, true)) schedule(thread, entry);
}

TrainingEstimate TrainingRuns::estimate(const TrainingRequest& request) const {
  const OpenDevice device = models_.open_device(request.device);
  ModelFiles files =
      ModelFiles::open(request.model.empty() ? starter_model_folder() : std::filesystem::path(request.model));
  const TrainingPlan plan = open_plan_(request.recipe, files.tokenizer, {});
  if (!plan.start_adapter.empty()) files.apply_adapter(plan.start_adapter);
  return estimate_training(files, plan, device);
}

}  // namespace etna
