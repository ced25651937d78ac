#include "engine/training_run.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "engine/base/amount.h"
#include "engine/base/error.h"
#include "engine/base/files.h"
#include "engine/base/json.h"
#include "engine/base/saturate.h"
#include "engine/io/starter_model.h"
#include "engine/memory/rehearsal_heap.h"
#include "engine/session/load_settings.h"
#include "engine/session/memory_estimate.h"
#include "engine/training/adapter_files.h"
#include "engine/training_samples.h"

namespace etna {

namespace {

namespace fs = std::filesystem;
namespace tr = training;

constexpr const char* request_file = "training_run.json";  // in the output folder: what the run was asked for

/// Half precision where loads have it, but with a range in which gradients do not vanish.
DType activations_of(const tr::TrainingOptions& options, const ModelFiles& files, const Backend& backend) {
  const ActivationRange range = files.settings.wide_range ? ActivationRange::wide : ActivationRange::usual;
  const DType dtype = choose_activations(options.activations, backend, packing_of(*files.tensors), range);
  return options.activations.empty() && dtype == DType::float16 ? DType::bfloat16 : dtype;
}

tr::BatchShape largest(const tr::BatchSource& source) {
  const std::vector<tr::BatchShape> shapes = source.shapes();
  if (shapes.empty()) fail(Errc::invalid_argument, "the data makes no batch");
  return shapes.front();
}

struct Rehearsed {
  LoadMemory memory;
  std::uint64_t parameters = 0, trainable = 0, state_bytes = 0;
};

Rehearsed rehearse(const ModelFiles& files, const TrainingPlan& plan, const Backend& device) {
  std::shared_ptr<Backend> backend = device.rehearsal();
  if (!backend) fail(Errc::unsupported, "{}: what a run takes cannot be told beforehand", device.name());
  const ModelOutline outline = ModelOutline::of(files.config, *files.tensors, files.adapter);
  Rehearsed result;
  tr::Learner learner({.config = files.config,
                       .tensors = *outline.tensors,
                       .options = plan.options,
                       .activations = activations_of(plan.options, files, device),
                       .start = files.adapter.get()},
                      backend, {});
  const tr::BatchShape training = largest(*plan.batches);
  const std::optional<tr::BatchShape> check = plan.checks ? std::optional(largest(*plan.checks)) : std::nullopt;
  learner.prepare(training, check ? &*check : nullptr);
  result.parameters = learner.parameters();
  result.trainable = learner.trainable_parameters();
  for (const tr::OptimizerState& entry : learner.state())
    result.state_bytes += static_cast<std::uint64_t>(entry.value.size()) * sizeof(float);
  for (const MemoryReport& report : backend->allocator()->ledger()->report()) {
    LoadMemory::Part& part = report.pool == rehearsal_host_pool ? result.memory.host : result.memory.device;
    for (const MemoryReport::Use& use : report.uses) {
      if (use.tag == MemoryTag::weights) part.weight_bytes += use.peak_bytes;
    }
    part.working_bytes = less(report.peak_bytes, part.weight_bytes);
    result.memory.mapped_bytes += report.mapped_bytes;
  }
  return result;
}

TrainingEstimate estimate_of(const ModelFiles& files, const TrainingPlan& plan, const OpenDevice& device,
                             LoadMemory& memory) {
  const Rehearsed rehearsed = rehearse(files, plan, *device.backend);
  memory = rehearsed.memory;
  LoadEstimate judged;
  judge(memory, *device.backend->allocator(), {.device = device.info.id}, judged);
  TrainingEstimate estimate;
  estimate.pools = judged.pools;
  for (PoolEstimate& pool : estimate.pools) pool.training_bytes = std::exchange(pool.working_bytes, 0);
  estimate.usable_bytes = judged.usable_bytes;
  estimate.missing_bytes = judged.missing_bytes;
  estimate.fit = judged.fit;
  estimate.parameters = rehearsed.parameters;
  estimate.trainable_parameters = rehearsed.trainable;
  const tr::TrainingOptions& options = plan.options;
  const std::int64_t saves = options.steps_per_save > 0 ? options.iterations / options.steps_per_save + 1 : 1;
  const std::int64_t kept = options.keep_checkpoints > 0 ? std::min(saves, options.keep_checkpoints + 1) : saves;
  estimate.disk_bytes =
      static_cast<std::uint64_t>(kept) * (rehearsed.state_bytes + rehearsed.trainable * sizeof(float));
  estimate.iterations = static_cast<std::uint64_t>(options.iterations);
  estimate.batches_per_epoch = static_cast<std::uint64_t>(plan.batches->batches());
  const tr::BatchShape shape = largest(*plan.batches);
  estimate.largest_rows = static_cast<std::uint64_t>(shape.rows);
  estimate.largest_length = static_cast<std::uint64_t>(shape.length);
  estimate.activations = activations_name(activations_of(options, files, *device.backend));
  estimate.device = device.info.id;
  return estimate;
}

void check_disk(const fs::path& output, std::uint64_t bytes) {
  std::error_code error;
  const fs::space_info space = fs::space(output, error);
  if (error || space.available >= bytes) return;
  fail(Errc::io, "{}: the checkpoints need {}, {} are free; keep fewer of them, or choose another folder",
       output.string(), amount(bytes), amount(space.available));
}

std::string path_of(const std::string& model) {
  const std::string path = model.empty() ? starter_model_folder().string() : model;
  if (path.empty())
    fail(Errc::not_found,
         "the starter model that belongs to Etna is missing; install Etna again or choose a model folder");
  return path;
}

}  // namespace

const char* words(TrainingPhase phase) {
  switch (phase) {
    case TrainingPhase::preparing: return "Preparing";
    case TrainingPhase::loading: return "Loading";
    case TrainingPhase::training: return "Training";
    case TrainingPhase::checking: return "Checking";
    case TrainingPhase::saving: return "Saving";
    case TrainingPhase::paused: break;
  }
  return "Paused";
}

TrainingEstimate estimate_training(const ModelFiles& files, const TrainingPlan& plan, const OpenDevice& device) {
  LoadMemory memory;
  return estimate_of(files, plan, device, memory);
}

TrainingRun::TrainingRun(TrainingRequest request, TrainingCallbacks callbacks, OpenTrainingPlan open_plan)
    : request_(std::move(request)), callbacks_(std::move(callbacks)), open_plan_(std::move(open_plan)) {}

TrainingRun::~TrainingRun() {
  trainer_.reset();
  learner_.reset();
  reservation_ = {};
  if (!backend_) return;
  backend_->allocator()->remove_owner(owner_);
  backend_->allocator()->clear_cache();
}

void TrainingRun::wish(Wish wish) {
  Wish now = wish_;
  // Nothing takes back a stop.
  while ((now == Wish::run || now == Wish::pause) && !wish_.compare_exchange_weak(now, wish)) {
  }
}

void TrainingRun::tell(TrainingPhase phase) {
  if (phase_ == phase) return;
  phase_ = phase;
  if (callbacks_.phase) callbacks_.phase(phase);
}

std::string TrainingRun::latest_whole_checkpoint() const {
  const std::vector<tr::CheckpointInfo> all = tr::find_checkpoints(request_.output);
  for (auto checkpoint = all.rbegin(); checkpoint != all.rend(); ++checkpoint) {
    if (checkpoint->problem.empty()) return checkpoint->folder.string();
    if (callbacks_.warning)
      callbacks_.warning(fmt::format("The checkpoint of step {} is damaged and is not used: {}", checkpoint->iteration,
                                     checkpoint->problem));
  }
  fail(Errc::not_found, "{}: there is no whole checkpoint to go on from", request_.output);
}

void TrainingRun::begin(const OpenDevice& device, const std::stop_token& stop) {
  tell(TrainingPhase::preparing);
  if (request_.output.empty()) fail(Errc::invalid_argument, "training: no folder for the adapter was named");
  std::string resumed;
  if (request_.resume) {
    resumed = latest_whole_checkpoint();
    const nlohmann::json saved = read_json_file(fs::path(request_.output) / request_file);
    if (!saved.is_object() || !saved.value("recipe", nlohmann::json()).is_string() ||
        !saved.value("model", nlohmann::json()).is_string()) {
      fail(Errc::corrupt, "{}: it does not say what the run was asked for",
           (fs::path(request_.output) / request_file).string());
    }
    request_.recipe = saved["recipe"].get<std::string>();
    request_.model = saved["model"].get<std::string>();
  }
  files_.emplace(ModelFiles::open(path_of(request_.model)));
  plan_.emplace(open_plan_(request_.recipe, files_->tokenizer, {{}, stop}));
  if (!plan_->start_adapter.empty()) files_->apply_adapter(plan_->start_adapter);
  for (const std::string& warning : plan_->warnings) {
    if (callbacks_.warning) callbacks_.warning(warning);
  }
  std::error_code error;
  fs::create_directories(request_.output, error);
  if (error) fail(Errc::io, "{}: cannot be made: {}", request_.output, error.message());
  load(device, stop);
  const nlohmann::json asked{
      {"model", request_.model}, {"recipe", request_.recipe}, {"iterations", plan_->options.iterations}};
  tr::write_text(fs::path(request_.output) / request_file, asked.dump(2) + "\n");
  if (!resumed.empty()) trainer_->resume(resumed);
  seconds_before_ = trainer_->state().seconds;
}

void TrainingRun::load(const OpenDevice& device, const std::stop_token& stop) {
  LoadMemory memory;
  TrainingStarted started{.estimate = estimate_of(*files_, *plan_, device, memory)};
  check_disk(request_.output, started.estimate.disk_bytes);
  Allocator& allocator = *device.backend->allocator();
  owner_ = allocator.add_owner("training " + files_->name());
  backend_ = device.backend;
  reservation_ = allocator.ledger()->reserve(owner_, pools_of(memory, allocator), "training " + files_->name());
  tell(TrainingPhase::loading);
  const PhaseScope phase(*allocator.ledger(), MemoryPhase::training);
  learner_ = std::make_unique<tr::Learner>(
      tr::Learner::Setup{.config = files_->config,
                         .tensors = *files_->tensors,
                         .options = plan_->options,
                         .activations = activations_of(plan_->options, *files_, *backend_),
                         .start = files_->adapter.get(),
                         .owner = owner_},
      backend_, Progress{{}, stop});
  // The largest first: what it works in is enough for all.
  const std::optional<tr::BatchShape> check = plan_->checks ? std::optional(largest(*plan_->checks)) : std::nullopt;
  learner_->prepare(largest(*plan_->batches), check ? &*check : nullptr);
  trainer_ = std::make_unique<tr::Trainer>(*learner_, *plan_->batches, plan_->checks.get(), plan_->options,
                                           request_.output, observer());
  if (request_.resume) {
    const tr::RunState state = tr::read_run_state(latest_whole_checkpoint());
    started.first_iteration = static_cast<std::uint64_t>(state.iteration);
  }
  started.checks = plan_->checks ? static_cast<std::uint64_t>(plan_->checks->batches()) : 0;
  if (callbacks_.started) callbacks_.started(started);
}

tr::Observer TrainingRun::observer() {
  tr::Observer observer;
  observer.phase = [this](tr::Observer::Phase phase) {
    tell(phase == tr::Observer::Phase::checking ? TrainingPhase::checking
         : phase == tr::Observer::Phase::saving ? TrainingPhase::saving
                                                : TrainingPhase::training);
  };
  observer.step = [this](const tr::Observer::Step& step) {
    if (!callbacks_.step) return;
    callbacks_.step({.iteration = static_cast<std::uint64_t>(step.iteration),
                     .loss = step.loss,
                     .learning_rate = step.learning_rate,
                     .gradient_norm = step.gradient_norm,
                     .tokens = static_cast<std::uint64_t>(step.tokens),
                     .trained_tokens = static_cast<std::uint64_t>(step.trained_tokens),
                     .tokens_per_second = step.tokens_per_second,
                     .iterations_per_second = step.iterations_per_second,
                     .seconds_left = step.seconds_left,
                     .peak_memory_bytes = step.peak_memory_bytes});
  };
  observer.check = [this](const tr::Observer::Check& check) {
    if (callbacks_.check)
      callbacks_.check({static_cast<std::uint64_t>(check.iteration), check.loss, check.seconds, check.best});
    if (callbacks_.sample && !request_.sample_prompts.empty()) tell_samples(check.iteration);
  };
  observer.saved = [this](const tr::CheckpointInfo& saved) {
    if (callbacks_.saved) callbacks_.saved({static_cast<std::uint64_t>(saved.iteration), saved.folder.string()});
  };
  return observer;
}

/// What cannot be sampled must not end a run.
void TrainingRun::tell_samples(std::int64_t iteration) {
  try {
    const std::vector<std::string> answers =
        sample_answers(*learner_, *files_, request_.sample_prompts, request_.sample_tokens, {});
    for (std::size_t i = 0; i < answers.size(); ++i) {
      callbacks_.sample({static_cast<std::uint64_t>(iteration), request_.sample_prompts[i], answers[i]});
    }
  } catch (const Error& error) {
    if (error.code() == Errc::device_lost) throw;
    if (callbacks_.warning) callbacks_.warning(fmt::format("The sample prompts were not answered: {}", error.what()));
  }
}

bool TrainingRun::advance(double seconds, const std::stop_token& stop) {
  const auto begin = std::chrono::steady_clock::now();
  const PhaseScope phase(*backend_->allocator()->ledger(), MemoryPhase::training);
  while (!stop.stop_requested()) {
    switch (wish_) {
      case Wish::run: break;
      case Wish::pause:
        if (!std::exchange(saved_after_pause_, true)) trainer_->save();
        tell(TrainingPhase::paused);
        return false;
      case Wish::keep:
        trainer_->save();
        end(TrainingResult::Outcome::stopped_kept);
        return false;
      case Wish::cancel: fail(Errc::cancelled, "training was stopped at step {}", trainer_->state().iteration);
      case Wish::discard: end(TrainingResult::Outcome::stopped_discarded); return false;
    }
    saved_after_pause_ = false;
    tr::Trainer::Status status = tr::Trainer::Status::running;
    try {
      status = trainer_->advance();
    } catch (const Error& error) {
      const bool is_full = error.code() == Errc::out_of_memory || error.code() == Errc::io;
      if (!request_.pause_when_full || !is_full) throw;
      if (callbacks_.warning) callbacks_.warning(fmt::format("Training waits: {}", error.what()));
      saved_after_pause_ = true;  // what failed is done again when it goes on
      wish(Wish::pause);
      tell(TrainingPhase::paused);
      return false;
    }
    if (status != tr::Trainer::Status::running) {
      end(status == tr::Trainer::Status::complete ? TrainingResult::Outcome::completed
                                                  : TrainingResult::Outcome::unstable);
      return false;
    }
    if (std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() > seconds) return true;
  }
  return false;
}

void TrainingRun::end(TrainingResult::Outcome outcome) {
  const tr::RunState& state = trainer_->state();
  TrainingResult result;
  result.outcome = outcome;
  result.iterations = static_cast<std::uint64_t>(state.iteration);
  result.unstable_iteration = static_cast<std::uint64_t>(trainer_->unstable_iteration());
  result.kept_iteration = outcome == TrainingResult::Outcome::stopped_discarded ? 0 : result.iterations;
  result.final_loss = trainer_->recent_loss();
  result.best_check_loss = state.best_check_loss;
  result.best_iteration = static_cast<std::uint64_t>(state.best_iteration);
  result.trained_tokens = static_cast<std::uint64_t>(state.trained_tokens);
  result.seconds = state.seconds - seconds_before_;
  result.peak_memory_bytes = backend_->allocator()->ledger()->peak_bytes();
  result.data_fingerprint = state.data_fingerprint;
  if (result.kept_iteration > 0) result.adapter = request_.output;
  if (outcome == TrainingResult::Outcome::stopped_discarded) {
    for (const tr::CheckpointInfo& checkpoint : tr::find_checkpoints(request_.output))
      tr::remove_checkpoint(request_.output, checkpoint);
    for (const char* name : {tr::adapter_file, tr::adapter_config_file, request_file}) {
      std::error_code ignored;
      fs::remove(fs::path(request_.output) / name, ignored);
    }
  }
  ended_ = true;
  trainer_.reset();
  learner_.reset();
  if (callbacks_.done) callbacks_.done(result);
}

TrainingRunInfo describe_training_run(const std::string& output) {
  const nlohmann::json asked = read_json_file(fs::path(output) / request_file);
  TrainingRunInfo info;
  info.output = output;
  try {
    asked.at("model").get_to(info.model);
    asked.at("recipe").get_to(info.recipe);
    asked.at("iterations").get_to(info.iterations);
  } catch (const nlohmann::json::exception& error) {
    fail(Errc::corrupt, "{}: {}", (fs::path(output) / request_file).string(), error.what());
  }
  for (const tr::CheckpointInfo& checkpoint : tr::find_checkpoints(output)) {
    if (!checkpoint.problem.empty()) {
      info.damaged.push_back(checkpoint.problem);
      continue;
    }
    const tr::RunState state = tr::read_run_state(checkpoint.folder);
    info.saved_iteration = static_cast<std::uint64_t>(checkpoint.iteration);
    info.best_check_loss = state.best_check_loss;
    info.best_iteration = static_cast<std::uint64_t>(state.best_iteration);
    info.checkpoints.push_back({info.saved_iteration, checkpoint.folder.string()});
  }
  info.complete = info.saved_iteration >= info.iterations;
  return info;
}

}  // namespace etna
