#include "tests/gui/offline/fake_training.h"

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace etna {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t gib = std::uint64_t{1} << 30;

bool contains(const std::string& text, std::string_view word) {
  return text.find(word) != std::string::npos;
}

std::uint64_t number_in(const std::string& recipe, const std::string& key, std::uint64_t otherwise) {
  const std::size_t at = recipe.find('"' + key + "\":");
  return at == std::string::npos ? otherwise : std::strtoull(recipe.c_str() + at + key.size() + 3, nullptr, 10);
}

double steps_per_second() {
  const char* rate = std::getenv("ETNA_FAKE_STEPS");
  return rate ? std::max(1.0, std::atof(rate)) : 200.0;
}

/// Falls, with a little noise that is the same each time.
double loss_at(std::uint64_t step) {
  const double x = static_cast<double>(step);
  return 0.9 + 1.7 * std::exp(-x / 120) + 0.18 * std::sin(x * 12.9898) * std::cos(x * 4.1414);
}

double check_at(std::uint64_t step, bool memorises) {
  const double x = static_cast<double>(step);
  return memorises ? 1.2 + 0.002 * x : 1.0 + 1.6 * std::exp(-x / 130);
}

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

std::uint64_t saved_in(const std::string& output) {
  std::uint64_t saved = 0;
  std::ifstream(fs::path(output) / "checkpoint.txt") >> saved;
  return saved;
}

TrainingResult result_of(TrainingResult::Outcome outcome, std::uint64_t iterations, const std::string& output) {
  TrainingResult result;
  result.outcome = outcome;
  result.iterations = iterations;
  result.kept_iteration = iterations;
  result.final_loss = loss_at(iterations);
  result.trained_tokens = iterations * 900;
  result.seconds = static_cast<double>(iterations) * 0.25;
  result.peak_memory_bytes = 98 * gib / 10;
  result.data_fingerprint = "9f86d081884c7d65";
  if (outcome == TrainingResult::Outcome::stopped_discarded) return result;
  result.adapter = output;
  write(fs::path(output) / "adapters.safetensors", "weights");
  write(fs::path(output) / "adapter_config.json", "{}");
  return result;
}

}  // namespace

FakeTraining::~FakeTraining() {
  {
    const std::lock_guard lock(mutex_);
    for (auto& [id, run] : runs_) run->leaving = true;
    changed_.notify_all();
  }
  for (auto& [id, run] : runs_) run->thread.join();
}

void FakeTraining::start(std::uint64_t id, TrainingRequest request, TrainingCallbacks callbacks) {
  const std::lock_guard lock(mutex_);
  auto& run = runs_[id] = std::make_unique<Run>();
  run->thread = std::jthread([this, run = run.get(), request = std::move(request), callbacks = std::move(callbacks)] {
    train(*run, request, callbacks);
  });
}

template <class Change>
void FakeTraining::change(std::uint64_t id, const Change& change) {
  const std::lock_guard lock(mutex_);
  const auto run = runs_.find(id);
  if (run != runs_.end()) change(*run->second);
  changed_.notify_all();
}

void FakeTraining::pause(std::uint64_t id) {
  change(id, [](Run& run) { run.paused = true; });
}

void FakeTraining::go_on(std::uint64_t id) {
  change(id, [](Run& run) { run.paused = false; });
}

void FakeTraining::stop(std::uint64_t id, StopTraining what) {
  change(id, [what](Run& run) { run.stopped = what; });
}

/// Until the time is over or something is wanted; true: the program ends.
bool FakeTraining::wait(Run& run, double seconds) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::duration<double>(seconds),
                    [&] { return run.leaving || run.paused || run.stopped; });
  return run.leaving;
}

void FakeTraining::train(Run& run, const TrainingRequest& request, const TrainingCallbacks& callbacks) {
  using Outcome = TrainingResult::Outcome;
  callbacks.phase(TrainingPhase::preparing);
  if (contains(request.model, "refuses"))
    return callbacks.failed(Errc::out_of_memory, "Training needs 14.2 GiB; 12 GiB may be used.");
  callbacks.phase(TrainingPhase::loading);
  TrainingStarted started;
  started.estimate = fake_training_estimate(request);
  started.first_iteration = request.resume ? saved_in(request.output) : 0;
  started.checks = 8;
  callbacks.started(started);
  callbacks.phase(TrainingPhase::training);
  const std::uint64_t all = started.estimate.iterations, check_every = number_in(request.recipe, "steps_per_eval", 100),
                      save_every = number_in(request.recipe, "save_every", 100);
  const bool memorises = contains(request.model, "memorises");
  const auto save = [&](std::uint64_t step) {
    write(fs::path(request.output) / "checkpoint.txt", std::to_string(step));
    callbacks.saved({step, request.output});
  };
  for (std::uint64_t at = started.first_iteration; at < all; ++at) {
    const bool halts = contains(request.model, "halts") && at == 12;
    if (wait(run, halts ? 3600 : 1 / steps_per_second())) return;
    std::unique_lock lock(mutex_);
    if (run.paused && !run.stopped) {
      lock.unlock();
      save(at);
      callbacks.phase(TrainingPhase::paused);
      lock.lock();
      changed_.wait(lock, [&] { return run.leaving || !run.paused || run.stopped; });
      if (run.leaving) return;
      if (!run.stopped) callbacks.phase(TrainingPhase::training);
    }
    if (run.stopped) {
      lock.unlock();
      return callbacks.done(result_of(
          *run.stopped == StopTraining::keep ? Outcome::stopped_kept : Outcome::stopped_discarded, at, request.output));
    }
    lock.unlock();
    const std::uint64_t step = at + 1;
    if (contains(request.model, "unstable") && step == 57) {
      TrainingResult result = result_of(Outcome::unstable, 50, request.output);
      result.unstable_iteration = 57;
      return callbacks.done(result);
    }
    callbacks.step({step, loss_at(step), 2e-4, 0.8, 900, step * 900, 1240, 1.4, static_cast<double>(all - step) / 1.4,
                    98 * gib / 10});
    if (check_every > 0 && (step % check_every == 0 || step == all)) {
      callbacks.phase(TrainingPhase::checking);
      callbacks.check({step, check_at(step, memorises), 1.5, !memorises});
      for (const std::string& prompt : request.sample_prompts)
        callbacks.sample({step, prompt,
                          step < 200 ? "I think that it depends on many things."
                                     : "Certainly. Here is the answer in the tone of your examples."});
      callbacks.phase(TrainingPhase::training);
    }
    if (save_every > 0 && step % save_every == 0) save(step);
  }
  callbacks.phase(TrainingPhase::saving);
  TrainingResult result = result_of(Outcome::completed, all, request.output);
  result.best_check_loss = memorises ? check_at(check_every, true) : check_at(all, false);
  result.best_iteration = memorises ? check_every : all;
  callbacks.done(result);
}

TrainingEstimate fake_training_estimate(const TrainingRequest& request) {
  if (contains(request.model, "unknowable")) fail(Errc::unsupported, "Models of this kind can't be trained yet");
  const std::uint64_t rank = number_in(request.recipe, "rank", 8), batch = number_in(request.recipe, "batch_size", 4),
                      length = number_in(request.recipe, "max_seq_length", 1024);
  TrainingEstimate estimate;
  PoolEstimate pool;
  pool.pool = "system";
  pool.weight_bytes = request.model.empty() ? 40'000'000 : 4 * gib;
  pool.training_bytes = rank * 20'000'000 + batch * length * 400'000 * (contains(request.model, "toobig") ? 20 : 1);
  pool.working_bytes = gib / 2;
  pool.usable_bytes = 12 * gib;
  estimate.pools = {pool};
  estimate.usable_bytes = pool.usable_bytes;
  estimate.missing_bytes = pool.total() > pool.usable_bytes ? pool.total() - pool.usable_bytes : 0;
  const double share = static_cast<double>(pool.total()) / static_cast<double>(pool.usable_bytes);
  estimate.fit = share <= 0.7   ? Fit::fits_well
                 : share <= 0.9 ? Fit::tight
                 : share <= 1   ? Fit::very_tight
                                : Fit::too_big;
  estimate.disk_bytes = rank * 30'000'000;
  estimate.parameters = request.model.empty() ? 19'931'648 : 4'022'000'000;
  estimate.trainable_parameters = rank * 500'000;
  estimate.iterations = number_in(request.recipe, "iters", 1000);
  return estimate;
}

TrainingRunInfo fake_training_info(const std::string& output) {
  if (!fs::exists(fs::path(output) / "checkpoint.txt")) fail(Errc::not_found, "{}: there is no run", output);
  TrainingRunInfo info;
  info.output = output;
  info.saved_iteration = saved_in(output);
  return info;
}

}  // namespace etna
