#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace etna {

/// Remembers when graphics devices were lost, to tell an accident from a device that keeps failing: a lost device is
/// opened anew and its models are loaded again, but not for ever (D7). One thread at a time.
class DeviceHealth {
public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::chrono::minutes window{10};
  static constexpr int most_losses = 2;  ///< within the window; then Etna stops using the device by itself

  explicit DeviceHealth(std::function<Clock::time_point()> now = Clock::now) : now_(std::move(now)) {}

  enum class Advice {
    reload,  ///< open the device and load its models again
    stop,    ///< leave it, and offer the processor: an explicit load by the user may still try it
  };

  /// Notes that a device (DeviceInfo::id) was just lost, while loading as well as while answering.
  Advice lost(const std::string& device);

  /// How often it was lost within the window.
  int losses(const std::string& device) const;

  /// Whether it kept failing: nothing should start on it unless the user says so.
  bool failing(const std::string& device) const { return losses(device) >= most_losses; }

  /// What a person should know after a loss, to be put behind the failure: whether the device was started again, or
  /// was given up. `reloaded` is the number of models that are loaded again.
  std::string sentence(const std::string& device, Advice advice, int reloaded) const;

private:
  std::function<Clock::time_point()> now_;
  std::map<std::string, std::vector<Clock::time_point>> losses_;
};

}  // namespace etna
