#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/array/array.h"
#include "engine/array/backend.h"

namespace etna {

/// A graph compiled once and run many times (D3): fused, its memory planned, recorded. What changes between runs lives
/// in arrays that exist (allocate_array): the caller writes token ids, positions and lengths there, the plan updates KV
/// caches and other states in place.
class Plan {
public:
  /// `outputs` are computed in the given order; what updates states must come after what reads their old contents.
  /// `working`: shared with plans that never run at the same time; null: memory of its own.
  static std::unique_ptr<Plan> compile(std::span<const Array> outputs, Backend& backend, OwnerId owner,
                                       std::shared_ptr<WorkingMemory> working = nullptr);

  /// Starts a run; wait() for the ticket before reading outputs. A run sees all that earlier runs wrote.
  std::uint64_t start() { return executable_->start(); }
  void wait(std::uint64_t ticket) { executable_->wait(ticket); }
  void run() { executable_->run(); }

  /// The memory of output `index`, the same in every run.
  const Array& output(int index) const { return outputs_[static_cast<std::size_t>(index)]; }

  std::vector<StepTime> profile() { return executable_->profile(); }
  int dispatch_count() const { return executable_->dispatch_count(); }

private:
  Plan() = default;

  std::vector<Array> outputs_;
  std::unique_ptr<Executable> executable_;
};

}  // namespace etna
