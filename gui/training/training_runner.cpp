#include "gui/training/training_runner.h"

#include <QDateTime>
#include <algorithm>
#include <cmath>
#include <mutex>
#include <utility>

#include "gui/jobs/post.h"

namespace etna::gui {
namespace {

constexpr int show_every_ms = 100;
constexpr int write_every_ms = 1000;

void append(runs::Events& to, const runs::Events& from) {
  to.steps.insert(to.steps.end(), from.steps.begin(), from.steps.end());
  to.checks.insert(to.checks.end(), from.checks.begin(), from.checks.end());
  to.samples.insert(to.samples.end(), from.samples.begin(), from.samples.end());
}

}  // namespace

/// Where the engine's thread leaves what happened: the window takes it when it has time.
struct TrainingRunner::Inbox {
  std::mutex mutex;  // guards what follows
  std::vector<std::function<void(TrainingRunner&)>> events;
  bool called = false;

  void add(TrainingRunner* runner, std::function<void(TrainingRunner&)> event) {
    const std::lock_guard lock(mutex);
    events.push_back(std::move(event));
    if (std::exchange(called, true)) return;
    post(runner, [runner] {
      if (!runner->drain_timer_.isActive()) runner->drain_timer_.start(show_every_ms);
    });
  }
};

TrainingRunner::TrainingRunner(Engine& engine, RunKeeper& keeper, QObject* parent)
    : QObject(parent), engine_(engine), keeper_(keeper), inbox_(std::make_shared<Inbox>()) {
  drain_timer_.setSingleShot(true);
  connect(&drain_timer_, &QTimer::timeout, this, &TrainingRunner::drain);
  write_timer_.setSingleShot(true);
  connect(&write_timer_, &QTimer::timeout, this, &TrainingRunner::flush);
}

TrainingRunner::~TrainingRunner() = default;

TrainingCallbacks TrainingRunner::callbacks() {
  const auto add = [this, inbox = inbox_](std::function<void(TrainingRunner&)> event) {
    inbox->add(this, std::move(event));
  };
  TrainingCallbacks callbacks;
  callbacks.phase = [add](TrainingPhase phase) { add([phase](TrainingRunner& runner) { runner.take(phase); }); };
  callbacks.started = [add](TrainingStarted started) {
    add([started = std::move(started)](TrainingRunner& runner) { runner.take(started); });
  };
  callbacks.step = [add](TrainingStep step) { add([step](TrainingRunner& runner) { runner.take(step); }); };
  callbacks.check = [add](TrainingCheck check) { add([check](TrainingRunner& runner) { runner.take(check); }); };
  callbacks.sample = [add](TrainingSample sample) {
    add([sample = std::move(sample)](TrainingRunner& runner) {
      runner.fresh_.samples.push_back({sample.iteration, sample.prompt, sample.answer});
    });
  };
  callbacks.saved = [add](TrainingCheckpoint checkpoint) {
    add([at = checkpoint.iteration](TrainingRunner& runner) { runner.run_.saved = at; });
  };
  callbacks.warning = [add](std::string sentence) {
    add([sentence = std::move(sentence)](TrainingRunner& runner) {
      runner.warning_ = QString::fromStdString(sentence);
    });
  };
  callbacks.done = [add](TrainingResult result) {
    add([result = std::move(result)](TrainingRunner& runner) { runner.take(result); });
  };
  callbacks.failed = [add](Errc code, std::string message) {
    add([code, message = std::move(message)](TrainingRunner& runner) {
      runner.run_.state = runs::RunState::failed;
      runner.run_.code = static_cast<int>(code);
      runner.run_.message = message;
      runner.end();
    });
  };
  return callbacks;
}

void TrainingRunner::start(const runs::Run& run, const TrainingRequest& request) {
  if (active_) return;
  run_ = run;
  run_.state = runs::RunState::running;
  run_.code = 0;
  run_.message.clear();
  step_ = {};
  fresh_ = unwritten_ = {};
  phase_ = TrainingPhase::preparing;
  warning_.clear();
  has_check_rows_ = true;
  pausing_ = false;
  active_ = true;
  seconds_before_ = run.seconds;
  began_ms_ = QDateTime::currentMSecsSinceEpoch();
  inbox_ = std::make_shared<Inbox>();
  run_changed_ = true;
  flush();
  request_ = engine_.start_training(request, callbacks());
  emit begun();
  emit changed();
}

void TrainingRunner::pause() {
  if (!active_ || pausing_) return;
  pausing_ = true;
  engine_.pause_training(request_);
  emit changed();
}

void TrainingRunner::go_on() {
  if (!active_) return;
  pausing_ = false;
  run_.state = runs::RunState::running;
  began_ms_ = QDateTime::currentMSecsSinceEpoch();
  seconds_before_ = run_.seconds;
  run_changed_ = true;
  flush();
  engine_.continue_training(request_);
  emit changed();
}

void TrainingRunner::stop(StopTraining what) {
  if (active_) engine_.stop_training(request_, what);
}

void TrainingRunner::drain() {
  std::vector<std::function<void(TrainingRunner&)>> events;
  {
    const std::lock_guard lock(inbox_->mutex);
    events.swap(inbox_->events);
    inbox_->called = false;
  }
  const bool was_active = active_, was_paused = run_.state == runs::RunState::paused;
  for (const auto& event : events) event(*this);
  if (events.empty()) return;
  run_changed_ = true;
  const runs::Events fresh = std::exchange(fresh_, {});
  append(unwritten_, fresh);
  if (!fresh.empty()) emit happened(fresh);
  const bool is_paused = run_.state == runs::RunState::paused;
  if ((was_active && !active_) || is_paused != was_paused) {
    flush();
  } else if (!write_timer_.isActive()) {
    write_timer_.start(write_every_ms);
  }
  emit changed();
  if (is_paused && !was_paused) emit paused();
  if (was_active && !active_) emit ended();
}

void TrainingRunner::flush() {
  write_timer_.stop();
  if (!run_changed_) return;
  run_changed_ = false;
  keeper_.put(run_);
  keeper_.add(run_.id, std::exchange(unwritten_, {}));
}

void TrainingRunner::take(TrainingPhase phase) {
  phase_ = phase;
  if (phase != TrainingPhase::paused) return;
  run_.state = runs::RunState::paused;
  pausing_ = false;
}

void TrainingRunner::take(const TrainingStarted& started) {
  has_check_rows_ = started.checks > 0;
  run_.iterations = started.estimate.iterations;
  if (run_.iteration <= started.first_iteration) return;
  // Steps after the checkpoint are done again, and so is what is shown of them.
  run_.iteration = started.first_iteration;
  keeper_.forget_after(run_.id, started.first_iteration);
  const auto later = [&](const auto& event) { return event.iteration > started.first_iteration; };
  std::erase_if(fresh_.steps, later);
  emit went_back(started.first_iteration);
}

void TrainingRunner::take(const TrainingStep& step) {
  step_ = step;
  run_.iteration = step.iteration;
  run_.trained_tokens = step.trained_tokens;
  run_.peak_bytes = std::max(run_.peak_bytes, step.peak_memory_bytes);
  run_.seconds = seconds_before_ + static_cast<double>(QDateTime::currentMSecsSinceEpoch() - began_ms_) / 1000;
  if (!std::isfinite(step.loss)) return;
  if (run_.first_loss < 0) run_.first_loss = step.loss;
  run_.last_loss = step.loss;
  fresh_.steps.push_back({step.iteration, step.loss, step.learning_rate});
}

void TrainingRunner::take(const TrainingCheck& check) {
  if (!std::isfinite(check.loss)) return;
  fresh_.checks.push_back({check.iteration, check.loss});
  if (run_.best_check >= 0 && check.loss >= run_.best_check) return;
  run_.best_check = check.loss;
  run_.best_iteration = check.iteration;
}

void TrainingRunner::take(const TrainingResult& result) {
  using Outcome = TrainingResult::Outcome;
  run_.iteration = result.outcome == Outcome::unstable ? result.unstable_iteration : result.iterations;
  run_.saved = result.kept_iteration;
  run_.trained_tokens = result.trained_tokens;
  run_.peak_bytes = std::max(run_.peak_bytes, result.peak_memory_bytes);
  run_.adapter = result.adapter;
  run_.fingerprint = result.data_fingerprint;
  if (result.best_check_loss >= 0) {
    run_.best_check = result.best_check_loss;
    run_.best_iteration = result.best_iteration;
  }
  switch (result.outcome) {
    case Outcome::completed: run_.state = runs::RunState::finished; break;
    case Outcome::stopped_kept: run_.state = runs::RunState::stopped; break;
    case Outcome::stopped_discarded: run_.state = runs::RunState::discarded; break;
    case Outcome::unstable: run_.state = runs::RunState::unstable; break;
  }
  end();
}

void TrainingRunner::end() {
  active_ = pausing_ = false;
  run_.version = Engine::version();
}

}  // namespace etna::gui
