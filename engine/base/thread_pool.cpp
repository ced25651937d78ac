#include "engine/base/thread_pool.h"

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <fstream>
#include <set>
#include <string>

namespace etna {

namespace {

// Long enough to bridge the gap between two kernels of a decode step, short enough to leave the core to others.
constexpr auto spin_time = std::chrono::microseconds(200);

constexpr std::uint64_t one_loop = std::uint64_t{1} << 32;
constexpr std::uint64_t number_bits = ~(one_loop - 1);
constexpr std::uint64_t open_bit = std::uint64_t{1} << 31;
constexpr std::uint64_t joined_bits = open_bit - 1;

void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

thread_local int index_in_pool = 0;

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
  for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { worker_loop(i); });
}

ThreadPool::~ThreadPool() {
  quit_ = true;
  state_.fetch_add(one_loop);
  { const std::lock_guard lock(mutex_); }
  wake_.notify_all();
}

void ThreadPool::run(std::int64_t count, std::int64_t grain, Function function, const void* context) {
  if (count <= 0) return;
  grain = std::max<std::int64_t>(grain, 1);
  if (workers_.empty() || count <= grain) return function(context, 0, count);

  // Nothing may leave the loop while others are in it: what a body throws first is kept for the caller.
  struct Guarded {
    static void call(const void* self, std::int64_t begin, std::int64_t end) {
      auto& guarded = *static_cast<Guarded*>(const_cast<void*>(self));
      if (guarded.failed.load(std::memory_order_relaxed)) return;
      try {
        guarded.function(guarded.context, begin, end);
      } catch (...) {
        if (!guarded.failed.exchange(true)) guarded.failure = std::current_exception();
      }
    }

    Function function;
    const void* context;
    std::atomic<bool> failed{false};
    std::exception_ptr failure = nullptr;
  } guarded{function, context};

  // A few chunks per thread balance uneven progress (another program on one core) at little cost.
  loop_ = {Guarded::call, &guarded, count, std::max(grain, count / (4 * size()))};
  next_.store(0, std::memory_order_relaxed);
  const std::uint64_t number = (state_.load(std::memory_order_relaxed) & number_bits) + one_loop;
  state_.store(number | open_bit, std::memory_order_seq_cst);
  if (sleeping_.load(std::memory_order_seq_cst) > 0) {
    { const std::lock_guard lock(mutex_); }
    wake_.notify_all();
  }
  take_chunks();
  state_.fetch_and(~open_bit, std::memory_order_acq_rel);
  for (int spins = 0; (state_.load(std::memory_order_acquire) & joined_bits) != 0; ++spins) {
    if (spins < 4096) pause_briefly();
    else std::this_thread::yield();  // somebody who has joined lost its core
  }
  if (guarded.failure) std::rethrow_exception(guarded.failure);
}

void ThreadPool::take_chunks() {
  for (;;) {
    const std::int64_t begin = next_.fetch_add(loop_.chunk, std::memory_order_relaxed);
    if (begin >= loop_.count) return;
    loop_.function(loop_.context, begin, std::min(begin + loop_.chunk, loop_.count));
  }
}

bool ThreadPool::join(std::uint64_t state) {
  while ((state & open_bit) != 0) {
    if (state_.compare_exchange_weak(state, state + 1, std::memory_order_acq_rel)) return true;
  }
  return false;
}

/// Returns the state once the loop is another than `seen`.
std::uint64_t ThreadPool::await_loop(std::uint32_t seen) {
  const auto is_new = [&](std::uint64_t state) { return static_cast<std::uint32_t>(state >> 32) != seen; };
  const auto until = std::chrono::steady_clock::now() + spin_time;
  for (int spins = 1;; ++spins) {
    const std::uint64_t state = state_.load(std::memory_order_acquire);
    if (is_new(state)) return state;
    pause_briefly();
    if (spins % 64 == 0 && std::chrono::steady_clock::now() > until) break;
  }
  sleeping_.fetch_add(1, std::memory_order_seq_cst);
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [&] { return is_new(state_.load(std::memory_order_seq_cst)); });
  sleeping_.fetch_sub(1, std::memory_order_relaxed);
  return state_.load(std::memory_order_acquire);
}

int ThreadPool::thread_index() { return index_in_pool; }

void ThreadPool::worker_loop(int index) {
  index_in_pool = index;
  std::uint32_t seen = 0;
  for (;;) {
    const std::uint64_t state = await_loop(seen);
    if (quit_) return;
    seen = static_cast<std::uint32_t>(state >> 32);
    if (!join(state)) continue;
    seen = static_cast<std::uint32_t>(state_.load(std::memory_order_relaxed) >> 32);  // joined: it cannot change
    take_chunks();
    state_.fetch_sub(1, std::memory_order_release);
  }
}

}  // namespace etna
