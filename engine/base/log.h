#pragma once

#include <fmt/core.h>

#include <functional>
#include <string_view>

namespace etna::log {

enum class Level { debug, info, warning, error };

/// Receives every message that is at or above the level; called from any thread. Default: nowhere.
/// Library code never prints: programs install a sink (stderr, a file).
void set_sink(Level lowest, std::function<void(Level, std::string_view)> sink);

void write(Level level, std::string_view message);
bool enabled(Level level);

template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::debug)) write(Level::debug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::info)) write(Level::info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::warning)) write(Level::warning, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace etna::log
