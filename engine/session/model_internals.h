#pragma once

#include <set>

#include "engine/generation/runner.h"
#include "engine/session/model_host.h"
#include "engine/session/rehearsal.h"

namespace etna {

/// The first part of a model of which only the last layers lie on the device (LayerPlacement).
struct ProcessorPart {
  std::shared_ptr<Backend> backend;
  OwnerId owner = 0;  // the device's too, where one ledger counts both
  std::unique_ptr<Model> model;
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
  std::shared_ptr<LoadRehearsal> rehearsal;  // what other runs of the model would take
  std::unique_ptr<Model> model;         // on the device: all of it, or its last part
  std::shared_ptr<const Tokenizer> tokenizer;
  std::unique_ptr<Runner> runner;       // batch 1, the context that was asked for
  std::vector<std::int32_t> context;    // the ids that runner's row 0 holds; below 0: of a file that does not say them
  std::string fingerprint;              // model_fingerprint()
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

  /// Promises what a rehearsal says, wherever it would lie: all of it or, with out_of_memory, nothing.
  std::vector<Reservation> reserve(const LoadMemory& memory, const std::string& what) const;

  /// Where the places are accounted: one ledger as a rule.
  std::set<MemoryLedger*> ledgers() const;
  void reset_peak() const;
  std::uint64_t peak_bytes() const;  ///< over all places
};

}  // namespace etna
