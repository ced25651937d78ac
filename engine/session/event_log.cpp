#include "engine/session/event_log.h"

#include <algorithm>
#include <utility>

#include "engine/base/log.h"

namespace etna {

void EventLog::add(MemoryEvent::Kind kind, std::string sentence) {
  log::info("memory: {}", sentence);
  const std::lock_guard lock(mutex_);
  events_.push_back({++last_, seconds_of(now_()), kind, std::move(sentence)});
  if (events_.size() > most) events_.pop_front();
}

std::vector<MemoryEvent> EventLog::after(std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  const auto first = std::ranges::upper_bound(events_, number, {}, &MemoryEvent::number);
  return {first, events_.end()};
}

std::uint64_t EventLog::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

double seconds_of(std::chrono::steady_clock::time_point time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

}  // namespace etna
