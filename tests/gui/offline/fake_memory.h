#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/session/messages.h"

namespace etna {

/// The memory of a computer that is made up: pools, loaded models, pressure, estimates and events, by simple formulas.
///
/// Sizes follow the name: "Qwen3-8B" has 8 billion weights of 5 bits, a name without such a number 4 billion. Context
/// takes 128 KiB a token. Environment:
///   ETNA_FAKE_MEMORY     shared (usual): 15.5 GiB, of which models may use 12; discrete: a card of 12 GiB beside 31
///   ETNA_FAKE_PRESSURE   calm (usual), busy, tight, critical
///   ETNA_FAKE_STORY      any: each look at the memory is half a second later than the one before, and things happen
///                        that fill a time line; pictures of two runs are the same
class FakeMemory {
public:
  FakeMemory();

  MemoryStatus status();
  std::vector<MemoryEvent> events(std::uint64_t after) const;

  /// Throws what is wrong with a model whose folder says so.
  LoadEstimate estimate(const LoadRequest& request);

  /// Reserves the memory of a load, or says why not. A replaced model, and with make_room idle ones, are gone then.
  std::optional<Failure> admit(const LoadRequest& request);
  ModelId add(const LoadRequest& request);
  void remove(ModelId id, MemoryEvent::Kind kind, const std::string& why);
  void remove_all();
  void set_busy(ModelId id, bool busy);
  void set_pinned(ModelId id, bool pinned);
  bool has(ModelId id) const;
  ModelId last_used() const;
  std::string path_of(ModelId id) const;
  std::string adapter_of(ModelId id) const;
  void set_policy(const MemoryPolicy& policy);
  MemoryPolicy policy() const;
  std::uint64_t drop_caches();

private:
  struct Model {
    ModelId id = 0;
    std::string name;
    std::string path;
    std::string adapter;
    LoadEstimate estimate;
    int kv_bits = 0;
    double used_at = 0;
    double leaves_at = -1;  ///< by itself; below 0: never
    bool evicted = false;   ///< … because memory was short
    bool busy = false;
    bool pinned = false;
  };

  double now() const;
  bool discrete() const;
  std::vector<MemoryPoolStatus> empty_pools() const;
  std::vector<MemoryPoolStatus> pools() const;
  LoadEstimate estimate_of(const LoadRequest& request) const;
  void judge(LoadEstimate& estimate, const LoadRequest& request) const;
  void tell(MemoryEvent::Kind kind, const std::string& sentence);
  void let_go(ModelId id, MemoryEvent::Kind kind, const std::string& why);
  void leave_in_time();
  void go_on_with_story();
  ModelId add_model(const LoadRequest& request);

  mutable std::mutex mutex_;  // guards all below
  MemoryPolicy policy_;
  std::vector<Model> models_;
  std::vector<MemoryEvent> events_;
  ModelId last_id_ = 0;
  std::uint64_t prompt_cache_ = 0;
  std::uint64_t working_ = 0;  ///< beside the models'
  bool story_ = false;
  int story_step_ = 0;
};

/// What people call the model of a path.
std::string fake_name(const std::string& path);

/// Bytes of its weights.
std::uint64_t fake_weights(const std::string& path);

/// What is wrong with the model of a folder, by the folder's name.
std::optional<Failure> fake_failure(const std::string& path);

}  // namespace etna
