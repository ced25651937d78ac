#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <mutex>

namespace etna::chats {

/// Ids of chats, messages and folders are given by whoever makes them, before they are saved: so a request can be tried
/// again after a disk error without doing it twice. They grow with time and fit in 53 bits. Any thread.
class Ids {
public:
  std::int64_t next() {
    using namespace std::chrono;
    const auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
    const std::lock_guard lock(mutex_);
    return last_ = std::max<std::int64_t>(last_ + 1, now * per_millisecond);
  }

  /// An id that is taken already; later ones are above it, even if the clock was set back.
  void raise(std::int64_t taken) {
    const std::lock_guard lock(mutex_);
    last_ = std::max(last_, taken);
  }

private:
  static constexpr std::int64_t per_millisecond = 1024;

  std::mutex mutex_;  // guards last_
  std::int64_t last_ = 0;
};

}  // namespace etna::chats
