#pragma once

#include <set>

#include "engine/generation/runner.h"
#include "engine/session/model_host.h"

namespace etna {

/// The first part of a model of which only the last layers lie on the device (LayerPlacement).
struct ProcessorPart {
  std::shared_ptr<Backend> backend;
  OwnerId owner = 0;
  std::unique_ptr<Model> model;
};

/// What a run needs beside what a runner's estimate counts.
struct FurtherMemory {
  std::int64_t texts = 1;         ///< whose pieces are evaluated at a time
  std::uint64_t logit_bytes = 0;  ///< of the last part
};

/// What a loaded model consists of, for the session folder alone. Order matters: the runner goes before the weights.
struct ModelHost::Internals {
  std::optional<ProcessorPart> processor;  // none: the device has all of the model
  std::shared_ptr<Backend> backend;        // the device
  OwnerId owner = 0;
  LimitRule limits = LimitRule::hold;      // of all its owners
  ModelConfig config;
  ModelInfo info;
  DType activations = DType::float32;
  RunnerOptions runner_options;         // of runner
  std::unique_ptr<Model> model;         // on the device: all of it, or its last part
  std::shared_ptr<const Tokenizer> tokenizer;
  std::unique_ptr<Runner> runner;       // batch 1, the context that was asked for
  std::vector<std::int32_t> context;    // the ids that runner's row 0 holds
  std::unique_ptr<ModelHost> draft;     // guesses ahead; null: none

  /// A mapped file that weights came from. Where they were copied it is gone by now, and its fate does not matter.
  struct WeightFile {
    std::weak_ptr<const void> mapping;
    const std::byte* address = nullptr;
  };

  std::vector<WeightFile> files;

  ~Internals();

  /// The model where it lies, first part first.
  std::vector<ModelPart> parts() const;

  /// Whom its bytes belong to, its draft model's too.
  std::vector<OwnerId> owners() const;

  /// Whether the user's choice to load anyway holds for it.
  void set_limits(LimitRule rule);

  /// Of all its layers.
  std::vector<CacheShape> cache_shapes() const { return etna::cache_shapes(parts()); }

  /// Memory for one more runner beside what is loaded, wherever layers lie. Throws out_of_memory.
  std::vector<Reservation> reserve(const RunnerOptions& options, const std::string& what, const FurtherMemory& further = {}) const;

  /// Where the parts' memory is accounted.
  std::set<MemoryLedger*> ledgers() const;
  void reset_peak() const;
  std::uint64_t peak_bytes() const;  ///< over all places
};

}  // namespace etna
