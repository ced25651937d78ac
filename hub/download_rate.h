#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "hub/download_clock.h"

namespace etna::hub {

/// Speed of a download as an exponential mean over 5 s, and the time it still needs.
class RateMeter {
public:
  /// `bytes`: received in all so far. Call it a few times a second; earlier times are ignored.
  void update(Clock::Time now, std::uint64_t bytes);

  /// Bytes per second; 0 before the second update.
  double rate() const { return rate_; }

  /// For `remaining` bytes. None for the first 3 s and while nothing arrives. Moves by at most one step of
  /// round_time() per second, so that it does not jump.
  std::optional<std::chrono::seconds> time_left(Clock::Time now, std::uint64_t remaining);

  /// After a pause: a new beginning.
  void reset() { *this = RateMeter(); }

private:
  bool started_ = false;
  Clock::Time start_, last_;
  std::uint64_t bytes_ = 0;
  double rate_ = 0;
  std::optional<int> step_;
  Clock::Time step_time_;
};

/// As people say it: 5 s steps up to a minute, then minutes, from 10 min on 5 min, from 2 h on half hours.
std::chrono::seconds round_time(std::chrono::seconds time);

}  // namespace etna::hub
