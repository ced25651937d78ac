#include "engine/worker.h"

#include <new>
#include <utility>

#include "engine/base/log.h"

namespace etna {

WorkerThread::WorkerThread(Chores chores) : chores_(std::move(chores)), thread_([this] { run(); }) {}

WorkerThread::~WorkerThread() {
  const std::lock_guard lock(mutex_);
  quit_ = true;
  for (Job& job : jobs_) job.stop.request_stop();
  if (current_) current_->stop.request_stop();
  changed_.notify_all();
}

WorkerThread::RequestId WorkerThread::submit(std::function<void(std::stop_token)> work, std::function<void(Failure)> failed) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back({next_id_, std::move(work), std::move(failed), {}});
  if (quit_) jobs_.back().stop.request_stop();  // of work that continues itself
  changed_.notify_all();
  return next_id_++;
}

void WorkerThread::cancel(RequestId id) {
  const std::lock_guard lock(mutex_);
  if (current_ && current_->id == id) current_->stop.request_stop();
  for (Job& job : jobs_) {
    if (job.id == id) job.stop.request_stop();
  }
}

void WorkerThread::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_all();
}

void WorkerThread::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wait(lock);
    if (jobs_.empty()) return;
    current_ = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    run_current();
    lock.lock();
    std::optional<Job> finished = std::exchange(current_, std::nullopt);
    lock.unlock();
    finished.reset();  // without the lock: what its callbacks hold may ask the worker for something as it goes
    lock.lock();
  }
}

/// Until there is a request, or no more will come.
void WorkerThread::wait(std::unique_lock<std::mutex>& lock) {
  const auto is_over = [this] { return quit_ || !jobs_.empty(); };
  while (!is_over()) {
    lock.unlock();
    const auto pause = chores_.idle ? chores_.idle() : std::nullopt;
    lock.lock();
    const auto has_changed = [&] { return is_over() || woken_; };
    if (pause) {
      changed_.wait_for(lock, *pause, has_changed);
    } else {
      changed_.wait(lock, has_changed);
    }
    woken_ = false;
  }
}

void WorkerThread::run_current() {
  try {
    current_->work(current_->stop.get_token());
  } catch (const Error& error) {
    report(error.code(), error.what());
  } catch (const std::bad_alloc&) {
    report(Errc::out_of_memory, "the system has no memory left");
  } catch (const std::exception& error) {
    report(Errc::io, error.what());
  }
}

void WorkerThread::report(Errc code, const char* message) {
  log::warning("request {} failed: {}", current_->id, message);
  Failure failure{code, message};
  if (chores_.failing) chores_.failing(failure);
  if (current_->failed) current_->failed(std::move(failure));
}

}  // namespace etna
