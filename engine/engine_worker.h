#pragma once

#include "engine/engine.h"
#include "engine/model_service.h"
#include "engine/training_runs.h"
#include "engine/worker.h"

namespace etna {

/// The models and the thread that computes with them.
class Engine::Worker {
public:
  ModelService models{{}};
  TrainingRuns training{models, recipe_reader()};
  WorkerThread thread{{.idle = [this] { return models.tick(); },
                       .failing =
                           [this](Failure& failure) {
                             if (failure.code == Errc::device_lost) failure.message += ". " + models.recover_device();
                           }}};  // last: it ends before the rest goes
};

}  // namespace etna
