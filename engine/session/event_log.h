#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "engine/session/memory_messages.h"

namespace etna {

/// The latest marks of the memory time line. Any thread.
class EventLog {
public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::size_t most = 200;  ///< so many are kept

  explicit EventLog(std::function<Clock::time_point()> now = Clock::now) : now_(std::move(now)) {}

  void add(MemoryEvent::Kind kind, std::string sentence);

  /// Those after number `number`, oldest first.
  std::vector<MemoryEvent> after(std::uint64_t number) const;

  std::uint64_t last() const;  ///< number of the latest; 0: none

private:
  std::function<Clock::time_point()> now_;
  mutable std::mutex mutex_;  // guards all below
  std::deque<MemoryEvent> events_;
  std::uint64_t last_ = 0;
};

/// Seconds of the monotonic clock, as MemoryStatus and MemoryEvent have them.
double seconds_of(std::chrono::steady_clock::time_point time);

}  // namespace etna
