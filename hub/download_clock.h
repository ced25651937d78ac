#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace etna::hub {

/// Time as downloads see it: waits, rates and time-outs of theirs ask here. Tests let it run faster.
class Clock {
public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  explicit Clock(double speed = 1.0) : speed_(speed), start_(std::chrono::steady_clock::now()) {}

  Time now() const {
    return start_ + std::chrono::duration_cast<Duration>((std::chrono::steady_clock::now() - start_) * speed_);
  }

  /// Waits until the condition holds, for at most `time`, and not beyond a stop. Returns the condition.
  template <class Condition>
  bool wait(std::unique_lock<std::mutex>& lock, std::condition_variable_any& news, const std::stop_token& stop,
            Duration time, Condition condition) const {
    return news.wait_for(lock, stop, std::chrono::duration_cast<Duration>(time / speed_), condition);
  }

  /// False at a stop.
  bool sleep(Duration time, const std::stop_token& stop) const {
    std::mutex mutex;
    std::condition_variable_any news;
    std::unique_lock lock(mutex);
    wait(lock, news, stop, time, [] { return false; });
    return !stop.stop_requested();
  }

private:
  double speed_;
  Time start_;
};

}  // namespace etna::hub
