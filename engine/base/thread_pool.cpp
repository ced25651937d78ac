#include "engine/base/thread_pool.h"

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <set>
#include <string>

namespace etna {

namespace {

// Long enough to bridge the gap between two kernels of a decode step, short enough to leave the core to others.
constexpr auto spin_time = std::chrono::microseconds(200);

void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

}  // namespace

int available_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return std::max(1u, std::thread::hardware_concurrency());
  std::set<std::string> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &set)) continue;
    std::ifstream siblings("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings");
    std::string mask;
    if (!std::getline(siblings, mask)) mask = std::to_string(cpu);
    cores.insert(mask);
  }
  return std::max<int>(1, static_cast<int>(cores.size()));
}

ThreadPool::ThreadPool(int threads) {
  for (int i = 1; i < threads; ++i) workers_.emplace_back([this] { worker_loop(); });
}

ThreadPool::~ThreadPool() {
  quit_ = true;
  {
    const std::lock_guard lock(mutex_);
    ++generation_;
  }
  wake_.notify_all();
}

void ThreadPool::run(std::int64_t count, std::int64_t grain, Function function, const void* context) {
  if (count <= 0) return;
  grain = std::max<std::int64_t>(grain, 1);
  if (workers_.empty() || count <= grain) return function(context, 0, count);

  // A few chunks per thread balance uneven progress (another program on one core) at little cost.
  loop_ = {function, context, count, std::max(grain, count / (4 * size()))};
  next_.store(0, std::memory_order_relaxed);
  busy_.store(static_cast<int>(workers_.size()), std::memory_order_relaxed);
  generation_.fetch_add(1, std::memory_order_seq_cst);
  if (sleeping_.load(std::memory_order_seq_cst) > 0) {
    { const std::lock_guard lock(mutex_); }
    wake_.notify_all();
  }
  work();
  while (busy_.load(std::memory_order_acquire) > 0) pause_briefly();
}

void ThreadPool::work() {
  for (;;) {
    const std::int64_t begin = next_.fetch_add(loop_.chunk, std::memory_order_relaxed);
    if (begin >= loop_.count) return;
    loop_.function(loop_.context, begin, std::min(begin + loop_.chunk, loop_.count));
  }
}

void ThreadPool::worker_loop() {
  std::uint64_t seen = 0;
  for (;;) {
    const auto until = std::chrono::steady_clock::now() + spin_time;
    int spins = 0;
    while (generation_.load(std::memory_order_acquire) == seen) {
      pause_briefly();
      if (++spins % 64 != 0 || std::chrono::steady_clock::now() < until) continue;
      sleeping_.fetch_add(1, std::memory_order_seq_cst);
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return generation_.load(std::memory_order_seq_cst) != seen; });
      lock.unlock();
      sleeping_.fetch_sub(1, std::memory_order_relaxed);
    }
    if (quit_) return;
    seen = generation_.load(std::memory_order_acquire);
    work();
    busy_.fetch_sub(1, std::memory_order_release);
  }
}

}  // namespace etna
