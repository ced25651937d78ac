#pragma once

#include <memory>

#include "engine/array/backend.h"
#include "engine/generation/runner.h"
#include "engine/io/weight_loader.h"
#include "engine/models/stored_parameters.h"
#include "tests/support/tiny_llama.h"

namespace etna::test {

/// A tiny model with its weights on a backend.
struct LoadedModel {
  explicit LoadedModel(std::shared_ptr<Backend> on) : backend(std::move(on)), owner(backend->allocator()->add_owner("test")) {
    WeightLoader loader(*backend, owner, {}, 0);
    StoredParameters parameters(tensors.config(), tensors, loader);
    model = create_model(tensors.config(), parameters);
  }

  std::int64_t vocab() const { return tensors.config().vocab_size; }

  std::unique_ptr<Runner> runner(std::int64_t batch, std::int64_t capacity) const {
    return std::make_unique<Runner>(*model, *backend, owner, vocab(), RunnerOptions{.batch = batch, .capacity = capacity});
  }

  std::shared_ptr<Backend> backend;
  OwnerId owner;
  TinyLlama tensors{false};
  std::unique_ptr<Model> model;
};

}  // namespace etna::test
