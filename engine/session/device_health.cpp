#include "engine/session/device_health.h"

#include <fmt/format.h>

#include <algorithm>

namespace etna {

DeviceHealth::Advice DeviceHealth::lost(const std::string& device) {
  std::vector<Clock::time_point>& times = losses_[device];
  const Clock::time_point now = now_();
  std::erase_if(times, [&](Clock::time_point time) { return now - time >= window; });
  times.push_back(now);
  return std::ssize(times) >= most_losses ? Advice::stop : Advice::reload;
}

int DeviceHealth::losses(const std::string& device) const {
  const auto found = losses_.find(device);
  if (found == losses_.end()) return 0;
  const Clock::time_point now = now_();
  return static_cast<int>(
      std::ranges::count_if(found->second, [&](Clock::time_point time) { return now - time < window; }));
}

std::string DeviceHealth::sentence(const std::string& device, Advice advice, int reloaded) const {
  if (advice == Advice::stop) {
    return fmt::format(
        "It was lost {} times in {} minutes, so Etna stopped using it. The processor can be used instead.",
        losses(device), window.count());
  }
  if (reloaded == 0) return "If it keeps failing, the processor can be used instead.";
  return reloaded == 1 ? "It has been started again and the model is loaded; please try again."
                       : "It has been started again and its models are loaded; please try again.";
}

}  // namespace etna
