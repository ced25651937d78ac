#include "engine/memory/pressure.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "engine/memory/pool.h"

namespace etna {

namespace {

constexpr const char* pressure_file = "/proc/pressure/memory";

/// The number of "avg10=" in a line; none where there is none between 0 and 100.
std::optional<double> average(const std::string& line) {
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    if (!word.starts_with("avg10=")) continue;
    std::istringstream number(word.substr(6));
    number.imbue(std::locale::classic());
    double value = 0;
    if (number >> value && value >= 0 && value <= 100) return value;
  }
  return std::nullopt;
}

}  // namespace

std::optional<PressureSample> parse_pressure(const std::string& text) {
  std::istringstream lines(text);
  std::optional<double> some, full;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("some ")) some = average(line);
    if (line.starts_with("full ")) full = average(line);
  }
  if (!some) return std::nullopt;
  return PressureSample{.known = true, .some_avg10 = *some, .full_avg10 = full.value_or(0)};
}

PressureSample read_pressure() {
  PressureSample sample;
  // Kernels that have the file and were started without psi=1 refuse to open or read it.
  if (std::ifstream file(pressure_file); file) {
    const std::string text(std::istreambuf_iterator<char>(file), {});
    sample = parse_pressure(text).value_or(PressureSample{});
  }
  sample.available_bytes = system_pool()->budget(0).available;
  return sample;
}

PressureLevel level_of(const PressureSample& sample, std::uint64_t reserve_bytes) {
  if (!sample.known) {
    if (sample.available_bytes < reserve_bytes / 4) return PressureLevel::critical;
    if (sample.available_bytes < reserve_bytes) return PressureLevel::tight;
    return sample.available_bytes / 2 < reserve_bytes ? PressureLevel::busy : PressureLevel::calm;
  }
  if (sample.some_avg10 >= 40 || sample.full_avg10 >= 10) return PressureLevel::critical;
  if (sample.some_avg10 >= 20 || sample.available_bytes < reserve_bytes) return PressureLevel::tight;
  return sample.some_avg10 >= 5 ? PressureLevel::busy : PressureLevel::calm;
}

PressureLevel PressureGauge::update(PressureLevel sampled, Clock::time_point now) {
  for (int i = 0; i < pressure_level_count - 1; ++i) {
    Step& step = steps_[i];
    const bool above = static_cast<int>(sampled) > i;
    if (above == step.reached) {
      step.opposed_since.reset();
      continue;
    }
    if (!step.opposed_since) step.opposed_since = now;
    if (now - *step.opposed_since < (above ? Clock::duration(rise) : Clock::duration(fall))) continue;
    step.reached = above;
    step.opposed_since.reset();
  }
  return level();
}

PressureLevel PressureGauge::level() const {
  // A higher level is opposed whenever a lower one is: steps are reached from below and left from above.
  return static_cast<PressureLevel>(std::ranges::count(steps_, true, &Step::reached));
}

PressureMonitor::PressureMonitor(std::function<PressureSample()> source, std::function<Clock::time_point()> now)
    : source_(std::move(source)), now_(std::move(now)) {}

void PressureMonitor::set_reserve(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  reserve_ = bytes;
}

PressureReading PressureMonitor::read(Clock::duration age) {
  const std::lock_guard lock(mutex_);
  const Clock::time_point now = now_();
  if (time_ && now - *time_ < age) return last_;
  time_ = now;
  last_.sample = source_();
  last_.sampled = level_of(last_.sample, reserve_);
  last_.level = gauge_.update(last_.sampled, now);
  return last_;
}

}  // namespace etna
