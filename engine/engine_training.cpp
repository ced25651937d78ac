#include "engine/engine.h"
#include "engine/engine_worker.h"

namespace etna {

TrainingEstimate Engine::estimate_training(const TrainingRequest& request) const {
  return worker_->training.estimate(request);
}

Engine::RequestId Engine::start_training(TrainingRequest request, TrainingCallbacks callbacks) {
  return worker_->training.start(worker_->thread, std::move(request), std::move(callbacks));
}

void Engine::pause_training(RequestId run) {
  worker_->training.pause(run);
}

void Engine::continue_training(RequestId run) {
  worker_->training.go_on(worker_->thread, run);
}

void Engine::stop_training(RequestId run, StopTraining what) {
  worker_->training.stop(worker_->thread, run, what);
}

TrainingRunInfo Engine::describe_training(const std::string& output) {
  return describe_training_run(output);
}

}  // namespace etna
