#include "gui/jobs/background.h"

#include "gui/jobs/post.h"

namespace etna::gui {

Background::Background(int threads, QObject* parent) : QObject(parent) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
}

Background::~Background() {
  stop();
}

void Background::run(const QString& key, Work work) {
  cancel(key);
  const auto task = std::make_shared<Task>(Task{key, std::move(work), {}});
  latest_[key] = task;
  const std::lock_guard lock(mutex_);
  waiting_.push_back(task);
  changed_.notify_one();
}

void Background::cancel(const QString& key) {
  const std::shared_ptr<Task> task = latest_.take(key);
  if (!task) return;
  task->stop.request_stop();
  const std::lock_guard lock(mutex_);
  std::erase(waiting_, task);
}

void Background::stop() {
  for (const std::shared_ptr<Task>& task : std::as_const(latest_)) task->stop.request_stop();
  latest_.clear();
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
}

void Background::work(const std::stop_token& stop) {
  while (true) {
    std::shared_ptr<Task> task;
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
      task = std::move(waiting_.front());
      waiting_.pop_front();
    }
    if (stop.stop_requested()) return;
    const Answer answer = task->work(task->stop.get_token());
    post(this, [this, task, answer] { take(task, answer); });
  }
}

void Background::take(const std::shared_ptr<Task>& task, const Answer& answer) {
  if (latest_.value(task->key) != task) return;
  latest_.remove(task->key);
  if (answer) answer();
}

}  // namespace etna::gui
