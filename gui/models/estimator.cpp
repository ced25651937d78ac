#include "gui/models/estimator.h"

#include <algorithm>

#include "gui/jobs/post.h"

namespace etna::gui {

Estimator::Estimator(Engine& engine, QObject* parent)
    : QObject(parent), engine_(engine), thread_([this](const std::stop_token& stop) { run(stop); }) {}

Estimator::~Estimator() {
  stop();
}

void Estimator::ask(const QString& key, LoadRequest request, Answer answer) {
  const quint64 serial = ++last_serial_;
  latest_[key] = serial;
  const std::lock_guard lock(mutex_);
  std::erase_if(waiting_, [&](const Question& question) { return question.key == key; });
  waiting_.push_back({key, serial, std::move(request), std::move(answer)});
  changed_.notify_one();
}

void Estimator::stop() {
  latest_.clear();
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Estimator::run(const std::stop_token& stop) {
  while (true) {
    Question question;
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
      question = std::move(waiting_.front());
      waiting_.pop_front();
    }
    if (stop.stop_requested()) return;
    const std::optional<LoadEstimate> estimate = this->estimate(question.request);
    post(this, [this, question = std::move(question), estimate] {
      if (latest_.value(question.key) == question.serial) question.answer(estimate);
    });
  }
}

std::optional<LoadEstimate> Estimator::estimate(const LoadRequest& request) const {
  try {
    return engine_.estimate(request);
  } catch (const std::exception&) {
    return {};
  }
}

}  // namespace etna::gui
