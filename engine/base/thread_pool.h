#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace etna {

/// Physical cores (or, where that is unknown, hardware threads) that this process may run on; at least 1.
int available_cores();

/// A fixed team of threads for data-parallel loops. One caller at a time; the caller works too.
///
/// Workers spin briefly after a loop (loops come in quick succession while a model runs), then sleep. A loop waits only
/// for workers that have joined it: one that the system has not scheduled, because another program has its core, costs
/// nothing but its help.
class ThreadPool {
public:
  explicit ThreadPool(int threads = available_cores());
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const { return static_cast<int>(workers_.size()) + 1; }

  /// Which thread of its pool the calling one is: below size(); 0 for those that call parallel_for.
  static int thread_index();

  /// Calls body(begin, end) over disjoint ranges that cover [0, count); ranges hold at least `grain` items and
  /// threads take them in turn. Returns when all are done. What a body throws first is thrown here then.
  template <class Body>
  void parallel_for(std::int64_t count, std::int64_t grain, const Body& body) {
    run(count, grain, [](const void* context, std::int64_t begin, std::int64_t end) {
      (*static_cast<const Body*>(context))(begin, end);
    }, &body);
  }

private:
  using Function = void (*)(const void*, std::int64_t, std::int64_t);

  struct Loop {
    Function function = nullptr;
    const void* context = nullptr;
    std::int64_t count = 0;
    std::int64_t chunk = 1;
  };

  void run(std::int64_t count, std::int64_t grain, Function function, const void* context);
  void take_chunks();
  void worker_loop(int index);
  std::uint64_t await_loop(std::uint32_t seen);
  bool join(std::uint64_t state);

  Loop loop_;                                      // written by the caller while nobody has joined
  alignas(64) std::atomic<std::int64_t> next_{0};  // first item nobody has taken

  // Number of the loop (upper 32 bits), whether it may be joined (bit 31), how many have joined and not left.
  alignas(64) std::atomic<std::uint64_t> state_{0};
  std::atomic<int> sleeping_{0};
  std::atomic<bool> quit_{false};
  std::mutex mutex_;                               // guards going to sleep against missing the wake-up
  std::condition_variable wake_;
  std::vector<std::jthread> workers_;              // last: they use all of the above
};

}  // namespace etna
