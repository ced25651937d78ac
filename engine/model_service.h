#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/devices.h"
#include "engine/memory/ledger.h"
#include "engine/memory/pressure.h"
#include "engine/session/chat_output.h"
#include "engine/session/context_snapshots.h"
#include "engine/session/device_health.h"
#include "engine/session/event_log.h"
#include "engine/session/memory_estimate.h"
#include "engine/session/memory_guard.h"
#include "engine/session/prompt_reader.h"
#include "engine/session/prompt_store.h"
#include "engine/session/resident_models.h"

namespace etna {

/// What the engine does, without its thread: several models on several devices within one ledger, who is let in, who must
/// go, and what a person is told of it.
///
/// "The computing thread's" calls come from one thread; the others from any.
class ModelService {
public:
  using Clock = std::chrono::steady_clock;

  /// What tests replace.
  struct Parts {
    OpenDevices::Opener open = etna::open_device;  // not the member of that name
    std::function<PressureSample()> pressure = read_pressure;
    std::function<Clock::time_point()> now = Clock::now;
  };

  explicit ModelService(Parts parts);
  ~ModelService();

  // The computing thread's.
  /// Engine::load. Throws; models that were loaded still are. A refused load leaves the one that it would replace.
  ModelInfo load(const LoadRequest& request, const std::function<void(LoadProgress)>& progress, const std::stop_token& stop);

  RunStatistics chat(const ChatRequest& request, ChatSink sink, const std::stop_token& stop);

  /// Throws invalid_argument for requests to different models.
  void chat_batch(std::span<const ChatRequest> requests, int rows, const std::function<ChatSink(std::size_t)>& sink_of,
                  const std::function<void(std::size_t, RunStatistics)>& answered, const std::stop_token& stop);

  SavedContext save_context(const SaveContextRequest& request, const ProgressFunction& progress, const std::stop_token& stop);

  void unload(ModelId model);  ///< 0: all; unknown ids are ignored

  /// After a request failed with device_lost: the device is opened anew and its models are loaded again, unless that
  /// happened lately (D7). Returns what of it a person is told.
  std::string recover_device();

  /// What is due while nothing else is to be done: looks at memory, unloads models that nobody uses. Returns how long to
  /// wait until the next time; none: nothing will be due before something is loaded. Throws nothing.
  std::optional<std::chrono::milliseconds> tick();

  // Any thread's.
  MemoryStatus memory() const;
  std::vector<MemoryEvent> memory_events(std::uint64_t after) const { return events_.after(after); }
  LoadEstimate estimate(const LoadRequest& request) const;
  LoadEstimate estimate(const ModelDescription& model, const LoadRequest& request) const;
  std::optional<std::uint64_t> count_tokens(const std::string& text, ModelId model) const;
  void set_idle_policy(ModelId model, IdlePolicy policy);
  void set_memory_policy(const MemoryPolicy& policy);
  MemoryPolicy memory_policy() const;
  std::uint64_t drop_caches();

  /// The model is not unloaded to make room as long as somebody holds what this returns.
  std::shared_ptr<const void> keep_busy(ModelId model) { return models_.keep_busy(model); }

  /// For whoever keeps things for speed beside kept prompts: `drop` gives their memory back and returns how much that was.
  void set_other_cache(std::function<std::uint64_t()> drop);

  // Kept prompts; see Engine.
  void set_prompt_cache(const PromptCacheSettings& settings);
  PromptStore& prompts() { return prompts_; }
  const PromptStore& prompts() const { return prompts_; }
  ContextSnapshots& snapshots() { return snapshots_; }
  const ContextSnapshots& snapshots() const { return snapshots_; }
  SnapshotFit check_snapshot(const std::string& id, ModelId model) const;

  const std::shared_ptr<MemoryLedger>& ledger() const { return ledger_; }

  /// For other work on the same devices, within the same ledger. Throws as OpenDevices::open.
  OpenDevice open_device(const std::string& id) const { return devices_.open(id); }

private:
  struct Freed {
    std::string name;
    std::uint64_t bytes = 0;
  };

  static LoadRequest with_path(LoadRequest request);  // the folder that the path stands for
  LoadEstimate admit(const LoadRequest& request, const OpenDevice& device);
  std::vector<ModelId> make_room(const LoadRequest& request, const OpenDevice& device, std::uint64_t missing) const;
  [[noreturn]] void refuse(const LoadRequest& request, const LoadEstimate& estimate);
  ModelInfo load_admitted(const LoadRequest& request, const OpenDevice& device, ModelId id,
                          const std::function<void(LoadProgress)>& report, const std::stop_token& stop);
  std::optional<Freed> remove(ModelId model);
  void unload_saying(ModelId model, MemoryEvent::Kind kind, const std::string& why);
  bool unload_idle(double least_idle_seconds, const std::string& why);
  void unload_unused();
  std::optional<double> seconds_to_next() const;
  void work_with(ModelId model, const std::function<void(ModelHost&)>& work);
  ChatSink guarded(ChatSink sink);
  LoadSituation situation(const LoadRequest& request, const OpenDevice& device, std::span<const ModelId> gone = {}) const;
  std::uint64_t others_bytes() const;
  std::shared_ptr<Allocator> prompt_allocator();
  ChatRequest with_snapshot(ChatRequest request) const;
  PromptCaches caches() { return {&prompts_, &snapshots_}; }

  std::function<Clock::time_point()> now_;
  const std::shared_ptr<MemoryLedger> ledger_ = MemoryLedger::create();
  mutable OpenDevices devices_;
  mutable PressureMonitor monitor_;
  mutable LoadEstimator estimator_;
  EventLog events_;
  ResidentModels models_;

  PromptStore prompts_;
  ContextSnapshots snapshots_;

  mutable std::mutex mutex_;  // guards all up to the computing thread's
  MemoryPolicy policy_;
  std::function<std::uint64_t()> drop_others_;
  std::shared_ptr<Allocator> prompt_allocator_;  // of the computer's memory; null until a prompt is kept

  // The computing thread's.
  MemoryGuard guard_;
  DeviceHealth health_;
  std::string device_at_work_;  // DeviceInfo::id
};

}  // namespace etna
