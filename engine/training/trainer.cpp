#include "engine/training/trainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/base/error.h"

namespace etna::training {

namespace {

constexpr std::size_t recent_steps = 20;
constexpr std::size_t recent_losses = 10;

// The first steps compile plans: what they take says nothing of the others.
constexpr std::size_t steps_before_estimate = 3;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

Trainer::Trainer(Learner& learner, BatchSource& batches, BatchSource* checks, TrainingOptions options,
                 std::filesystem::path output, Observer observer)
    : learner_(learner),
      batches_(batches),
      checks_(checks),
      options_(std::move(options)),
      output_(std::move(output)),
      observer_(std::move(observer)),
      config_(adapter_config(options_)) {
  training::check(options_);
  state_.data_fingerprint = batches_.fingerprint();
  state_.data_position = batches_.position();
}

void Trainer::resume(const std::filesystem::path& checkpoint) {
  const std::string data = state_.data_fingerprint;
  const RunState saved = read_run_state(checkpoint);
  if (saved.data_fingerprint != data) {
    fail(Errc::invalid_argument, "{}: the training data is not what this run began with; it cannot go on as it was",
         checkpoint.string());
  }
  state_ = restore_checkpoint(checkpoint, learner_);
  batches_.seek(state_.data_position);
  status_ = state_.iteration >= options_.iterations ? Status::complete : Status::running;
}

void Trainer::enter(Observer::Phase phase) {
  if (observer_.phase) observer_.phase(phase);
}

/// Before the first iteration, every so many, and before the last, as mlx-lm does.
bool Trainer::check_is_due(std::int64_t iteration) const {
  if (!checks_ || options_.steps_per_check == 0 || checked_at_ == state_.iteration) return false;
  return iteration == 1 || iteration % options_.steps_per_check == 0 || iteration == options_.iterations;
}

void Trainer::check() {
  enter(Observer::Phase::checking);
  const auto begin = Clock::now();
  checks_->rewind();
  const std::int64_t all = checks_->batches();
  const std::int64_t count = options_.check_batches < 0 ? all : std::min(options_.check_batches, all);
  double sum = 0;
  std::int64_t tokens = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const Batch batch = checks_->next();
    sum += learner_.loss_sum(batch);
    tokens += batch.learned();
  }
  Observer::Check result{.iteration = state_.iteration,
                         .loss = tokens > 0 ? sum / static_cast<double>(tokens) : 0,
                         .seconds = seconds_since(begin)};
  check_seconds_ = result.seconds;
  checked_at_ = state_.iteration;
  if (std::isfinite(result.loss) && (state_.best_check_loss < 0 || result.loss < state_.best_check_loss)) {
    result.best = true;
    state_.best_check_loss = result.loss;
    state_.best_iteration = state_.iteration;
  }
  if (observer_.check) observer_.check(result);
}

Trainer::Status Trainer::advance() {
  if (status_ != Status::running) return status_;
  if (!save_is_due_) {
    if (check_is_due(state_.iteration + 1)) check();
    step();
    if (status_ == Status::unstable) return status_;
    save_is_due_ = is_last() || (options_.steps_per_save > 0 && state_.iteration % options_.steps_per_save == 0);
  }
  if (save_is_due_) save();  // again, where it failed the last time
  if (is_last()) status_ = Status::complete;
  return status_;
}

void Trainer::step() {
  enter(Observer::Phase::training);
  const auto begin = Clock::now();
  const Batch batch = batches_.next();
  Learner::Outcome outcome;
  try {
    outcome = learner_.accumulate(batch);
  } catch (...) {
    batches_.seek(state_.data_position);  // the batch was not learned from
    throw;
  }
  if (!outcome.finite()) {
    unstable_iteration_ = state_.iteration + 1;
    stop_unstable();
    return;
  }
  const double rate = options_.schedule.learning_rate(learner_.counters().updates);
  if (learner_.counters().accumulated >= options_.accumulation) learner_.update(rate, options_.clip_norm);
  const double seconds = seconds_since(begin);
  ++state_.iteration;
  state_.counters = learner_.counters();
  state_.data_position = batches_.position();
  state_.trained_tokens += batch.learned();
  state_.seconds += seconds;
  state_.recent_losses.push_back(outcome.loss);
  if (state_.recent_losses.size() > recent_losses) state_.recent_losses.erase(state_.recent_losses.begin());
  tell_step(batch, outcome, rate, seconds);
}

void Trainer::tell_step(const Batch& batch, const Learner::Outcome& outcome, double rate, double seconds) {
  recent_.push_back({seconds, batch.learned()});
  if (recent_.size() > recent_steps || recent_.size() == steps_before_estimate) recent_.pop_front();
  if (!observer_.step) return;
  double time = 0;
  std::int64_t tokens = 0;
  for (const Recent& one : recent_) {
    time += one.seconds;
    tokens += one.tokens;
  }
  const auto steps = static_cast<double>(recent_.size());
  observer_.step({.iteration = state_.iteration,
                  .loss = outcome.loss,
                  .learning_rate = rate,
                  .gradient_norm = outcome.gradient_norm,
                  .tokens = batch.learned(),
                  .trained_tokens = state_.trained_tokens,
                  .seconds = seconds,
                  .tokens_per_second = time > 0 ? static_cast<double>(tokens) / time : 0,
                  .iterations_per_second = time > 0 ? steps / time : 0,
                  .seconds_left = learner_.counters().batches < static_cast<std::int64_t>(steps_before_estimate)
                                      ? -1
                                      : seconds_left(time / steps),
                  .peak_memory_bytes = learner_.backend().allocator()->ledger()->peak_bytes()});
}

double Trainer::seconds_left(double step_seconds) const {
  const auto left = static_cast<double>(options_.iterations - state_.iteration);
  double seconds = left * step_seconds;
  if (checks_ && options_.steps_per_check > 0)
    seconds += check_seconds_ * std::ceil(left / static_cast<double>(options_.steps_per_check));
  if (options_.steps_per_save > 0)
    seconds += save_seconds_ * std::ceil(left / static_cast<double>(options_.steps_per_save));
  return seconds;
}

std::optional<CheckpointInfo> Trainer::save() {
  if (output_.empty()) {
    save_is_due_ = false;
    return std::nullopt;
  }
  enter(Observer::Phase::saving);
  const auto begin = Clock::now();
  CheckpointInfo saved = save_checkpoint(output_, learner_, state_, config_);
  remove_old_checkpoints(output_, options_.keep_checkpoints, state_.best_iteration);
  save_is_due_ = false;
  save_seconds_ = seconds_since(begin);
  if (observer_.saved) observer_.saved(saved);
  return saved;
}

/// The weights gave a loss that is no number, so checkpoints of the same weights are as bad; what was saved before is
/// kept.
void Trainer::stop_unstable() {
  status_ = Status::unstable;
  const std::int64_t updates = learner_.counters().updates;
  learner_.drop_gradients();
  if (output_.empty()) return;
  std::vector<CheckpointInfo> all = find_checkpoints(output_);
  for (auto checkpoint = all.rbegin(); checkpoint != all.rend(); ++checkpoint) {
    if (!checkpoint->problem.empty()) continue;
    if (read_run_state(checkpoint->folder).counters.updates >= updates) {
      remove_checkpoint(output_, *checkpoint);
      continue;
    }
    state_ = restore_checkpoint(checkpoint->folder, learner_);
    publish_checkpoint(output_, *checkpoint);
    return;
  }
  state_.iteration = 0;  // nothing that is known to be good
}

double Trainer::recent_loss() const {
  if (state_.recent_losses.empty()) return 0;
  return std::accumulate(state_.recent_losses.begin(), state_.recent_losses.end(), 0.0) /
         static_cast<double>(state_.recent_losses.size());
}

}  // namespace etna::training
