#include "hub/download_limits.h"

#include <algorithm>

namespace etna::hub {

Connections::Share::Share(Connections& all) : all_(all) {
  const std::scoped_lock lock(all_.mutex_);
  ++all_.files_;
}

Connections::Share::~Share() {
  const std::scoped_lock lock(all_.mutex_);
  --all_.files_;
  all_.used_ -= held_;
  all_.news_.notify_all();
}

bool Connections::Share::take(const std::stop_token& stop) {
  std::unique_lock lock(all_.mutex_);
  const bool free = all_.news_.wait(lock, stop, [&] { return all_.used_ < all_.most_ && held_ < all_.fair(); });
  if (!free || stop.stop_requested()) return false;
  ++held_;
  ++all_.used_;
  return true;
}

void Connections::Share::give() {
  const std::scoped_lock lock(all_.mutex_);
  --held_;
  --all_.used_;
  all_.news_.notify_all();
}

void SpeedLimit::set(std::uint64_t bytes_per_second) {
  const std::scoped_lock lock(mutex_);
  limit_ = bytes_per_second;
  free_at_ = {};
  news_.notify_all();
}

void SpeedLimit::take(std::uint64_t bytes, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (limit_ == 0) return;
  const auto now = clock_.now();
  // Half a second of silence may be made up for, more is forgotten.
  free_at_ = std::max(free_at_, now - std::chrono::milliseconds(500));
  free_at_ += std::chrono::duration_cast<Clock::Duration>(
      std::chrono::duration<double>(static_cast<double>(bytes) / static_cast<double>(limit_)));
  const auto mine = free_at_;
  const auto limit = limit_;
  if (mine > now) clock_.wait(lock, news_, stop, mine - now, [&] { return limit_ != limit; });
}

}  // namespace etna::hub
