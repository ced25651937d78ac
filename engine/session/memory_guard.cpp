#include "engine/session/memory_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/base/amount.h"
#include "engine/base/error.h"

namespace etna {

namespace {

constexpr std::uint64_t worth_telling = std::uint64_t{1} << 20;

std::string numbers(const PressureSample& sample) {
  const std::string available = amount(sample.available_bytes) + " are available";
  if (!sample.known) return available;
  return fmt::format("programs waited for memory in {:.0f} % of the last 10 seconds, {}", sample.some_avg10, available);
}

void keep_since(std::optional<MemoryGuard::Clock::time_point>& since, bool holds, MemoryGuard::Clock::time_point now) {
  if (!holds) since.reset();
  if (holds && !since) since = now;
}

}  // namespace

MemoryGuard::MemoryGuard(PressureMonitor& monitor, EventLog& events, Actions actions, std::function<Clock::time_point()> now)
    : monitor_(monitor), events_(events), actions_(std::move(actions)), now_(std::move(now)) {}

PressureReading MemoryGuard::look() {
  const Clock::time_point now = now_();
  if (last_look_ && now - *last_look_ < interval) return reading_;
  last_look_ = now;
  reading_ = monitor_.read();
  keep_since(tight_since_, reading_.level >= PressureLevel::tight, now);
  keep_since(critical_since_, reading_.level == PressureLevel::critical, now);
  if (!tight_since_) {
    last_step_.reset();
    dropped_caches_ = false;
  }
  // The word falls late: what was given may have helped already.
  const PressureLevel still = std::min(reading_.level, reading_.sampled);
  if (still < PressureLevel::critical) nothing_left_since_.reset();
  if (still >= PressureLevel::tight) act(still, now);
  return reading_;
}

void MemoryGuard::act(PressureLevel level, Clock::time_point now) {
  const bool critical = level == PressureLevel::critical;
  if (last_step_ && now - *last_step_ < (critical ? critical_pause : tight_pause)) return;
  const std::uint64_t freed = actions_.drop_caches();
  if (!std::exchange(dropped_caches_, true)) {
    last_step_ = now;
    if (freed >= worth_telling) {
      events_.add(MemoryEvent::Kind::cache_dropped, fmt::format("Gave back {} kept for reuse: {}", amount(freed), why(reading_, now)));
      return;
    }
  }
  if (actions_.unload_idle(critical ? 0 : spared_seconds, why(reading_, now))) {
    last_step_ = now;
    return;
  }
  if (critical && !nothing_left_since_) nothing_left_since_ = now;
}

std::string MemoryGuard::why(const PressureReading& reading, Clock::time_point now) const {
  const bool critical = reading.level == PressureLevel::critical;
  const Clock::time_point since = (critical ? critical_since_ : tight_since_).value_or(now);
  const double seconds = std::chrono::duration<double>(now - since).count();
  const std::string word = critical ? "critical" : "high";
  if (seconds < 1) return fmt::format("memory pressure is {} ({})", word, numbers(reading.sample));
  return fmt::format("memory pressure was {} for {} ({})", word, duration_text(seconds), numbers(reading.sample));
}

void MemoryGuard::check(const char* what, Patience patience) {
  const PressureReading reading = look();
  const Clock::time_point now = now_();
  const bool at_once = patience == Patience::none && reading.level == PressureLevel::critical;
  const bool too_long = nothing_left_since_ && now - *nothing_left_since_ > last_chance;
  if (!at_once && !too_long) return;
  const std::string sentence = fmt::format("{}: {}", what, why(reading, now));
  events_.add(MemoryEvent::Kind::out_of_memory, sentence);
  fail(Errc::out_of_memory, "{}", sentence);
}

void MemoryGuard::check_start(const std::string& what) {
  const PressureReading reading = look();
  if (reading.sampled != PressureLevel::critical) return;  // an average over ten seconds: that is long enough
  fail(Errc::out_of_memory, "{} is not loaded: {}; nothing new starts until that ends", what, why(reading, now_()));
}

}  // namespace etna
