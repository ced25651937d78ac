#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/memory/ledger.h"
#include "engine/session/cache_exchange.h"
#include "engine/session/memory_messages.h"
#include "engine/session/messages.h"
#include "engine/session/model_host.h"

namespace etna {

/// A loaded model, as values.
struct ResidentModel {
  LoadRequest request;           ///< that it was loaded by
  ModelInfo info;                ///< with its id
  std::vector<OwnerId> owners;   ///< whose bytes are its own: the model's, its draft model's
  bool pinned = false;
  bool busy = false;             ///< something that it does runs or waits
  double idle_seconds = 0;       ///< since it was last busy
};

/// The models that are loaded. Who and how they are may be asked from any thread; the models themselves belong to the
/// thread that computes, which adds, uses and removes them.
class ResidentModels {
public:
  using Clock = std::chrono::steady_clock;

  explicit ResidentModels(std::function<Clock::time_point()> now = Clock::now) : now_(std::move(now)) {}

  // The computing thread's.
  /// A number that no model had yet.
  ModelId next_id();

  /// `info` has the id: a new one, or that of a model that is loaded again.
  void add(LoadRequest request, ModelInfo info, std::unique_ptr<ModelHost> host);

  /// 0: the one that was used last. Throws invalid_argument where there is no such model, naming it if there was one.
  ModelHost& use(ModelId model);

  /// Gives its memory back; unknown ids are ignored. Returns what it was.
  std::optional<ResidentModel> remove(ModelId model);

  // Any thread's.
  /// Of the one used last, for 0; none where there is no such model.
  std::optional<ResidentModel> find(ModelId model) const;

  std::vector<ResidentModel> list() const;  ///< in the order they were loaded
  bool empty() const;
  void set_pinned(ModelId model, bool pinned);
  std::shared_ptr<const Tokenizer> tokenizer(ModelId model) const;  ///< null: no such model, or it has none

  std::shared_ptr<const ContextForm> context_form(ModelId model) const;  ///< null: no such model

  /// The model is busy as long as somebody holds what this returns: null for unknown ids.
  std::shared_ptr<const void> keep_busy(ModelId model);

private:
  struct Entry {
    LoadRequest request;
    ModelInfo info;
    std::vector<OwnerId> owners;
    std::shared_ptr<const Tokenizer> tokenizer;
    std::shared_ptr<const ContextForm> form;
    bool pinned = false;
    Clock::time_point last_used;
    std::uint64_t use_number = 0;  // of the latest use, over all models
    std::unique_ptr<ModelHost> host;
  };

  Entry* entry(ModelId model);
  const Entry* entry(ModelId model) const { return const_cast<ResidentModels*>(this)->entry(model); }
  ResidentModel describe(const Entry& entry) const;
  void release(ModelId model);

  std::function<Clock::time_point()> now_;
  mutable std::mutex mutex_;  // guards all below but what hosts point to
  std::vector<Entry> entries_;
  std::map<ModelId, int> users_;  // who keeps them busy; also while a lost device's model is loaded again
  std::vector<std::pair<ModelId, std::string>> gone_;  // names of models that were loaded, for messages
  ModelId last_id_ = 0;
  std::uint64_t uses_ = 0;
};

}  // namespace etna
