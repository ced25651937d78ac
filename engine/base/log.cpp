#include "engine/base/log.h"

#include <atomic>
#include <mutex>

namespace etna::log {

namespace {
std::mutex mutex;  // guards sink
std::function<void(Level, std::string_view)> sink;
std::atomic<int> lowest_level{99};
}  // namespace

void set_sink(Level lowest, std::function<void(Level, std::string_view)> new_sink) {
  const std::lock_guard lock(mutex);
  sink = std::move(new_sink);
  lowest_level = sink ? static_cast<int>(lowest) : 99;
}

bool enabled(Level level) { return static_cast<int>(level) >= lowest_level; }

void write(Level level, std::string_view message) {
  const std::lock_guard lock(mutex);
  if (sink) sink(level, message);
}

}  // namespace etna::log
