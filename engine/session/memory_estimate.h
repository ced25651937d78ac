#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/session/messages.h"
#include "engine/session/rehearsal.h"
#include "engine/session/version_choice.h"

namespace etna {

/// Bytes of a source of bytes, by MemoryReport::pool ("system", "gpu:0").
struct PoolShare {
  std::string pool;
  std::uint64_t bytes = 0;
};

/// What stands beside a load that is estimated.
struct LoadSituation {
  struct Model {
    ModelId id = 0;
    std::string name;
    std::vector<PoolShare> frees;
  };

  std::string device = {};               ///< DeviceInfo::id, for LoadEstimate::device
  std::vector<PoolShare> replaced = {};  ///< what LoadRequest::replaces gives back
  std::vector<Model> idle = {};          ///< what may be unloaded to make room, in the order it is offered
  std::uint64_t prompt_cache_bytes = 0;  ///< MemoryPolicy's

  /// Where layers go that do not fit the device; null: they go nowhere. It accounts in the device's ledger.
  std::shared_ptr<const Backend> processor = {};
  std::function<ReadSpeeds()> speeds = {};  ///< of both places, for LoadEstimate::slowdown; asked when it is needed
};

/// Judges what a load takes by what a device's ledger says now. Pools inside another count as that one, so that no byte
/// counts twice. Fills pools, fit, usable_bytes, missing_bytes and unloading of an estimate.
///
/// Where the device has memory of its own, that alone decides; what little must lie in the computer's memory beside it
/// only has to find room there.
void judge(const LoadMemory& memory, const Allocator& allocator, const LoadSituation& situation, LoadEstimate& estimate);

/// What loads take and whether they fit (D2): the one answer of hub hints, load sheets, admission, terminal and server.
/// Remembers the last few models, so that another context takes a few milliseconds. Any thread.
class LoadEstimator {
public:
  /// `device`: the open device of the request; it may be working. LoadRequest::path must not be empty. Throws what is
  /// wrong with the model or the request.
  LoadEstimate estimate(const LoadRequest& request, const Backend& device, const LoadSituation& situation = {});
  LoadEstimate estimate(const ModelDescription& model, const LoadRequest& request, const Backend& device, const LoadSituation& situation = {});

  /// Forgets what was remembered, before a device goes.
  void clear();

private:
  struct Known {
    std::string key;  // what the model's files were, and the device
    std::shared_ptr<const ModelOutline> outline;
    std::shared_ptr<LoadRehearsal> rehearsal;
  };

  Known known(const std::string& path, const std::string& adapter, const Backend& device);
  Known remember(std::string key, const Backend& device, const std::function<ModelOutline()>& open);
  LoadEstimate estimate(const Known& model, const LoadRequest& request, const Backend& device, const LoadSituation& situation);

  std::mutex mutex_;  // guards known_
  std::list<Known> known_;  // most recently used first
};

}  // namespace etna
