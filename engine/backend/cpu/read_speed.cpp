#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/base/thread_pool.h"

namespace etna::cpu {

namespace {

double measure_read_speed() {
  // Several times what caches hold of one core; machines with larger ones are fast anyway.
  constexpr std::size_t words = (std::size_t{64} << 20) / sizeof(std::uint64_t);
  const std::vector<std::uint64_t> memory(words, 1);
  ThreadPool pool;
  std::atomic<std::uint64_t> sum{0};  // so that reading is not left out
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 3; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    pool.parallel_for(static_cast<std::int64_t>(words), std::int64_t{1} << 17, [&](std::int64_t first, std::int64_t end) {
      sum += std::accumulate(memory.begin() + first, memory.begin() + end, std::uint64_t{0});
    });
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return static_cast<double>(words * sizeof(std::uint64_t)) / std::max(best, 1e-6);
}

}  // namespace

double read_speed() {
  static const double speed = measure_read_speed();
  return speed;
}

}  // namespace etna::cpu
