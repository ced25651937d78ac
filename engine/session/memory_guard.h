#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "engine/memory/pressure.h"
#include "engine/session/event_log.h"

namespace etna {

/// Keeps the computer usable when its memory gets short, in a fixed order: what is only kept for speed goes first, then
/// models that nobody uses, one at a time; then new loads are refused, and what still runs is stopped.
///
/// It does nothing on its own: the thread that computes calls look() every two seconds while models are loaded, and between
/// tokens. One thread.
class MemoryGuard {
public:
  using Clock = PressureGauge::Clock;

  static constexpr std::chrono::seconds interval{2};        ///< between looks
  static constexpr std::chrono::seconds tight_pause{10};    ///< between two steps while memory is tight: each has time to help
  static constexpr std::chrono::seconds critical_pause{2};  ///< … while it is critical
  static constexpr std::chrono::seconds last_chance{10};    ///< how long what runs may go on when nothing is left to give
  static constexpr double spared_seconds = 60;              ///< of tight memory, a model used so lately is spared

  /// What it may do. `why` is for people: "memory pressure was critical for 12 seconds".
  struct Actions {
    std::function<std::uint64_t()> drop_caches;  ///< returns the bytes that this gave back
    /// Unloads the model that is unused longest, if it was not used for so long. False: there is none.
    std::function<bool(double least_idle_seconds, const std::string& why)> unload_idle;
  };

  MemoryGuard(PressureMonitor& monitor, EventLog& events, Actions actions, std::function<Clock::time_point()> now = Clock::now);

  /// Looks and takes the next step if it is due. Cheap when called again within two seconds.
  PressureReading look();

  /// look(), for what runs. Throws out_of_memory, saying `what` ended and why, when it must end.
  enum class Patience { as_long_as_possible, none };  ///< none: a load that goes beyond limits ends as soon as memory is critical
  void check(const char* what, Patience patience = Patience::as_long_as_possible);

  /// Throws out_of_memory while memory is critical: nothing new starts.
  void check_start(const std::string& what);

private:
  void act(PressureLevel level, Clock::time_point now);
  std::string why(const PressureReading& reading, Clock::time_point now) const;

  PressureMonitor& monitor_;
  EventLog& events_;
  Actions actions_;
  std::function<Clock::time_point()> now_;
  std::optional<Clock::time_point> last_look_;
  PressureReading reading_;
  std::optional<Clock::time_point> tight_since_, critical_since_;  // of the word, with rise and fall
  std::optional<Clock::time_point> last_step_;                     // of this shortage
  std::optional<Clock::time_point> nothing_left_since_;            // to give, while memory is critical
  bool dropped_caches_ = false;                                    // in this shortage
};

}  // namespace etna
