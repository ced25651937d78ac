#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>

#include "hub/download_clock.h"

namespace etna::hub {

/// How many connections all downloads together may have, shared evenly by the files that are being fetched.
class Connections {
public:
  explicit Connections(int most) : most_(most) {}

  /// One file that wants connections, as long as it lives.
  class Share {
  public:
    explicit Share(Connections& all);
    ~Share();
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    /// Waits for one; false at a stop.
    bool take(const std::stop_token& stop);
    void give();

  private:
    Connections& all_;
    int held_ = 0;
  };

private:
  int fair() const { return most_ / (files_ > 0 ? files_ : 1) > 0 ? most_ / (files_ > 0 ? files_ : 1) : 1; }

  const int most_;
  mutable std::mutex mutex_;  // guards everything below and Share::held_
  std::condition_variable_any news_;
  int files_ = 0;
  int used_ = 0;
};

/// Bytes per second that all downloads together may receive.
class SpeedLimit {
public:
  explicit SpeedLimit(const Clock& clock) : clock_(clock) {}

  /// 0: no limit. Holds at once.
  void set(std::uint64_t bytes_per_second);

  /// Waits until these bytes fit; they have arrived already, so that the sender is slowed down by not being read from.
  void take(std::uint64_t bytes, const std::stop_token& stop);

private:
  const Clock& clock_;
  std::mutex mutex_;  // guards everything below
  std::condition_variable_any news_;
  std::uint64_t limit_ = 0;
  Clock::Time free_at_;  ///< when everything taken so far has fitted
};

}  // namespace etna::hub
