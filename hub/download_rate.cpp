#include "hub/download_rate.h"

#include <algorithm>
#include <cmath>

namespace etna::hub {

namespace {

using std::chrono::seconds;

constexpr double mean_seconds = 5.0;
constexpr double hidden_seconds = 3.0;
constexpr double longest_seconds = 30.0 * 24 * 3600;

double in_seconds(Clock::Duration time) {
  return std::chrono::duration<double>(time).count();
}

/// Steps of the scale: 12 of 5 s, 9 of 1 min, 22 of 5 min, then of 30 min.
constexpr int steps_of_5s = 12, steps_of_1m = 9, steps_of_5m = 22;

seconds time_of_step(int step) {
  if (step <= steps_of_5s) return seconds(5 * step);
  step -= steps_of_5s;
  if (step <= steps_of_1m) return seconds(60 + 60 * step);
  step -= steps_of_1m;
  if (step <= steps_of_5m) return seconds(600 + 300 * step);
  return seconds(7200 + 1800 * (step - steps_of_5m));
}

int step_of_time(double time) {
  int low = 1, high = 2000;
  while (low < high) {  // the first step that is not below
    const int middle = (low + high) / 2;
    if (static_cast<double>(time_of_step(middle).count()) >= time)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

}  // namespace

void RateMeter::update(Clock::Time now, std::uint64_t bytes) {
  if (!started_) {
    started_ = true;
    start_ = last_ = now;
    bytes_ = bytes;
    return;
  }
  const double time = in_seconds(now - last_);
  if (time <= 0) return;
  const double present = bytes > bytes_ ? static_cast<double>(bytes - bytes_) / time : 0.0;
  // At first there is no older value to keep: the mean over what has passed.
  const double memory = std::min(mean_seconds, in_seconds(now - start_));
  const double weight = 1.0 - std::exp(-time / memory);
  rate_ = rate_ == 0 ? present : rate_ + weight * (present - rate_);
  last_ = now;
  bytes_ = bytes;
}

std::optional<seconds> RateMeter::time_left(Clock::Time now, std::uint64_t remaining) {
  if (!started_ || in_seconds(now - start_) < hidden_seconds || rate_ < 1) {
    step_.reset();
    return std::nullopt;
  }
  const int wanted = step_of_time(std::min(static_cast<double>(remaining) / rate_, longest_seconds));
  if (!step_) {
    step_ = wanted;
    step_time_ = now;
  } else if (*step_ != wanted && now - step_time_ >= seconds(1)) {
    step_ = *step_ + (wanted > *step_ ? 1 : -1);
    step_time_ = now;
  }
  return time_of_step(*step_);
}

seconds round_time(seconds time) {
  return time_of_step(step_of_time(static_cast<double>(time.count())));
}

}  // namespace etna::hub
