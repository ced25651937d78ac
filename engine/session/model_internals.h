#pragma once

#include "engine/generation/runner.h"
#include "engine/session/model_host.h"
#include "engine/session/rehearsal.h"

namespace etna {

/// What a loaded model consists of, for the session folder alone. Order matters: the runner goes before the weights.
struct ModelHost::Internals {
  std::shared_ptr<Backend> backend;
  OwnerId owner = 0;
  ModelConfig config;
  ModelInfo info;
  DType activations = DType::float32;
  RunnerOptions runner_options;         // of runner
  LimitRule limits = LimitRule::hold;
  std::shared_ptr<LoadRehearsal> rehearsal;  // what other runs of the model would take
  std::unique_ptr<Model> model;
  std::shared_ptr<const Tokenizer> tokenizer;
  std::unique_ptr<Runner> runner;       // batch 1, the context that was asked for
  std::vector<std::int32_t> context;    // the ids that runner's row 0 holds
  std::unique_ptr<ModelHost> draft;     // guesses ahead; null: none

  ~Internals() {
    draft.reset();
    runner.reset();
    model.reset();
    if (backend) {
      backend->allocator()->remove_owner(owner);
      backend->allocator()->clear_cache();  // a model that goes gives its memory back to the system
    }
  }
};

}  // namespace etna
