#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace etna {

/// What the system says of how short memory is, at one moment.
struct PressureSample {
  bool known = false;                 ///< whether there is pressure-stall information; else available memory decides
  double some_avg10 = 0;              ///< per cent of the last 10 s in which something waited for memory
  double full_avg10 = 0;              ///< … in which everything did
  std::uint64_t available_bytes = 0;  ///< of the computer's memory, that programs may still take
};

/// Reads /proc/pressure/memory and the system pool. Takes some ten microseconds.
PressureSample read_pressure();

/// The text of /proc/pressure/memory; none where it is not of that form.
std::optional<PressureSample> parse_pressure(const std::string& text);

enum class PressureLevel { calm, busy, tight, critical };
inline constexpr int pressure_level_count = 4;

/// The word for one sample: by the share of time that was waited (some: 5, 20, 40 %; full: 10 %), tight also when less than
/// the reserve is available. Without that information by what is available of the reserve: less than two, one, a quarter.
PressureLevel level_of(const PressureSample& sample, std::uint64_t reserve_bytes);

/// Keeps words from flickering: a level is reached when samples were at it or above for 3 s, and left when they were below
/// it for 10 s.
class PressureGauge {
public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::chrono::seconds rise{3};
  static constexpr std::chrono::seconds fall{10};

  PressureLevel update(PressureLevel sampled, Clock::time_point now);
  PressureLevel level() const;

private:
  /// Of each level: whether it is reached, and since when samples have said the opposite.
  struct Step {
    bool reached = false;
    std::optional<Clock::time_point> opposed_since;
  };

  Step steps_[pressure_level_count - 1];  // busy, tight, critical
};

/// What is known of pressure at one moment.
struct PressureReading {
  PressureSample sample;
  PressureLevel sampled = PressureLevel::calm;  ///< of this sample alone
  PressureLevel level = PressureLevel::calm;    ///< with rise and fall
};

/// Looks at pressure when somebody asks: it has no timer and costs nothing while nobody does. Any thread.
class PressureMonitor {
public:
  using Clock = PressureGauge::Clock;

  explicit PressureMonitor(std::function<PressureSample()> source = read_pressure, std::function<Clock::time_point()> now = Clock::now);

  /// Below so many available bytes memory is tight.
  void set_reserve(std::uint64_t bytes);

  /// A sample at most this old.
  PressureReading read(Clock::duration age = std::chrono::milliseconds(200));

private:
  std::function<PressureSample()> source_;
  std::function<Clock::time_point()> now_;
  std::mutex mutex_;  // guards all below
  std::uint64_t reserve_ = 0;
  PressureGauge gauge_;
  PressureReading last_;
  std::optional<Clock::time_point> time_;
};

}  // namespace etna
