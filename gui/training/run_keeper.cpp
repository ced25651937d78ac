#include "gui/training/run_keeper.h"

#include <optional>

#include "engine/base/error.h"
#include "gui/jobs/post.h"
#include "gui/training/run_store.h"

namespace etna::gui {

RunKeeper::RunKeeper(const QString& folder, QObject* parent)
    : QObject(parent), folder_(folder), thread_([this] { run(); }) {}

RunKeeper::~RunKeeper() {
  stop();
}

void RunKeeper::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void RunKeeper::later(Work work) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(work));
  changed_.notify_one();
}

bool RunKeeper::next(Work& work) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
  if (waiting_.empty()) return false;
  work = std::move(waiting_.front());
  waiting_.pop_front();
  return true;
}

/// What could not be done is said and left: the next one tries again, with a store that is opened anew where need be.
void RunKeeper::run() {
  std::optional<runs::RunStore> store;
  Work work;
  while (next(work)) {
    try {
      if (!store) store.emplace(folder_.toStdString());
      work(*store);
    } catch (const std::exception& error) {
      post(this, [this, sentence = QString::fromStdString(error.what())] { emit failed(sentence); });
    }
  }
}

void RunKeeper::open(std::function<void(std::vector<runs::Summary>)> answer) {
  later([this, answer = std::move(answer)](runs::RunStore& store) {
    post(this, [answer, runs = store.runs()] { answer(runs); });
  });
}

void RunKeeper::put(const runs::Run& run) {
  later([run](runs::RunStore& store) { store.put(run); });
}

void RunKeeper::remove(runs::RunId id) {
  later([id](runs::RunStore& store) { store.remove(id); });
}

void RunKeeper::add(runs::RunId id, runs::Events events) {
  later([id, events = std::move(events)](runs::RunStore& store) { store.add(id, events); });
}

void RunKeeper::forget_after(runs::RunId id, std::uint64_t iteration) {
  later([id, iteration](runs::RunStore& store) { store.forget_after(id, iteration); });
}

void RunKeeper::read(runs::RunId id, std::function<void(runs::Events)> answer) {
  later([this, id, answer = std::move(answer)](runs::RunStore& store) {
    post(this, [answer, events = store.events(id)] { answer(events); });
  });
}

}  // namespace etna::gui
