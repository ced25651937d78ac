#include "engine/base/amount.h"

#include <fmt/core.h>

#include <cmath>

namespace etna {

std::string amount(std::uint64_t bytes) {
  constexpr const char* units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  constexpr std::size_t last = std::size(units) - 1;
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  // What would be shown as 1,000 or more is shown in the next unit: "0.98 GiB" rather than "1003 MiB".
  while (unit < last && value >= 999.5) value /= 1024, ++unit;
  if (unit == 0) return fmt::format("{} {}", bytes, units[0]);
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f} {}", value, decimals, units[unit]);
}

std::string duration_text(double seconds) {
  const auto say = [](double count, const char* unit) {
    const auto whole = static_cast<long long>(std::llround(count));
    return fmt::format("{} {}{}", whole, unit, whole == 1 ? "" : "s");
  };
  if (!(seconds > 0)) return "0 seconds";
  if (seconds < 90) return say(seconds, "second");
  if (seconds < 90 * 60) return say(seconds / 60, "minute");
  return say(seconds / 3600, "hour");
}

}  // namespace etna
