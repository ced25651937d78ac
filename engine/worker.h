#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "engine/session/messages.h"

namespace etna {

/// A thread that does requests one after the other, in the order they were given (D8).
class WorkerThread {
public:
  using RequestId = std::uint64_t;

  struct Chores {
    /// Called when there is nothing to do, and again after as long as it returns. None: not before the next request,
    /// without any timer. Must not throw.
    std::function<std::optional<std::chrono::milliseconds>()> idle = {};
    /// May change what a request is told that failed.
    std::function<void(Failure&)> failing = {};
  };

  explicit WorkerThread(Chores chores);
  ~WorkerThread();  ///< stops what runs, does the rest with a stop request, and waits for it

  /// `work` runs on the thread; what it throws goes to `failed`, which may be empty. Returns a number for cancel().
  RequestId submit(std::function<void(std::stop_token)> work, std::function<void(Failure)> failed = {});

  /// Stops a request that runs or waits; unknown and finished ids are ignored.
  void cancel(RequestId id);

  /// Lets the idle chore run again soon: what it waits for has changed.
  void wake();

private:
  struct Job {
    RequestId id = 0;
    std::function<void(std::stop_token)> work;
    std::function<void(Failure)> failed;
    std::stop_source stop;
  };

  void run();
  void run_current();
  void wait(std::unique_lock<std::mutex>& lock);
  void report(Errc code, const char* message);

  Chores chores_;
  std::mutex mutex_;  // guards all below but the thread; not current_'s functions, which are the thread's
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  std::optional<Job> current_;
  bool quit_ = false;
  bool woken_ = false;
  RequestId next_id_ = 1;

  std::jthread thread_;  // last: it ends before the rest goes
};

}  // namespace etna
