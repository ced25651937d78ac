#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>

namespace etna {

/// Called with bytes (or items) done and in all while something slow goes on, on the thread that does it.
using ProgressFunction = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// What every slow function takes: where to report, when to stop (it then throws cancelled).
struct Progress {
  ProgressFunction report;
  std::stop_token stop;

  void operator()(std::uint64_t done, std::uint64_t total) const {
    if (report) report(done, total);
  }

  /// Throws Error cancelled when the user asked to stop.
  void check(const char* what) const;
};

}  // namespace etna
