#include <fmt/core.h>

#include <chrono>
#include <future>

#include "cli/commands/json_text.h"
#include "cli/commands/terminal.h"
#include "cli/commands/training_options.h"
#include "engine/engine.h"
#include "engine/training_files.h"
#include "engine/training_test.h"

namespace etna::cli {

namespace {

/// "28 min", "2 h 05 min", "12 s".
std::string time_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min", (whole + 30) / 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

double gigabytes(std::uint64_t bytes) {
  return static_cast<double>(bytes) / 1e9;
}

/// A run's lines as mlx-lm writes them, or one JSON object a line. The engine's thread calls it, one call at a time.
class RunView {
public:
  RunView(const RecipeOutline& recipe, Output output) : recipe_(recipe), json_(output == Output::json) {}

  void phase(TrainingPhase phase) {
    if (phase == TrainingPhase::preparing)
      line("Loading datasets");
    else if (phase == TrainingPhase::loading)
      line("Loading pretrained model");
    bar_.show(words(phase), done_, total_, "");
  }

  void started(const TrainingStarted& started) {
    const TrainingEstimate& estimate = started.estimate;
    total_ = estimate.iterations;
    done_ = started.first_iteration;
    if (json_) {
      event(JsonText()
                .add("event", "started")
                .add("parameters", estimate.parameters)
                .add("trainable_parameters", estimate.trainable_parameters)
                .add("iterations", estimate.iterations)
                .add("first_iteration", started.first_iteration)
                .add("check_batches", started.checks)
                .add("memory_bytes", estimate.total())
                .add("device", estimate.device)
                .add("activations", estimate.activations));
      return;
    }
    const double all = static_cast<double>(std::max<std::uint64_t>(estimate.parameters, 1)),
                 trained = static_cast<double>(estimate.trainable_parameters);
    line(fmt::format("Trainable parameters: {:.3f}% ({:.3f}M/{:.3f}M)", 100 * trained / all, trained / 1e6, all / 1e6));
    line(started.first_iteration > 0
             ? fmt::format("Going on after iteration {} of {}", started.first_iteration, estimate.iterations)
             : fmt::format("Starting training..., iters: {}", estimate.iterations));
  }

  void step(const TrainingStep& step) {
    done_ = step.iteration;
    loss_ += step.loss;
    ++steps_;
    const std::string left = step.seconds_left < 0 ? "" : fmt::format(" · {} left", time_text(step.seconds_left));
    bar_.show("Training", step.iteration, total_,
              fmt::format("step {}/{} · loss {:.3f} · {:.0f} tok/s{}", step.iteration, total_, step.loss,
                          step.tokens_per_second, left));
    const bool is_due =
        step.iteration % static_cast<std::uint64_t>(std::max<std::int64_t>(recipe_.steps_per_report, 1)) == 0 ||
        step.iteration == total_;
    if (is_due) report(step);
  }

  void check(const TrainingCheck& check) {
    if (json_) {
      event(JsonText()
                .add("event", "val")
                .add("iteration", check.iteration)
                .add("val_loss", check.loss)
                .add("val_time", check.seconds)
                .add("best", check.best));
    } else {
      line(fmt::format("Iter {}: Val loss {:.3f}, Val took {:.3f}s", check.iteration + 1, check.loss, check.seconds));
    }
  }

  void sample(const TrainingSample& sample) {
    if (json_)
      event(JsonText()
                .add("event", "sample")
                .add("iteration", sample.iteration)
                .add("prompt", sample.prompt)
                .add("answer", sample.answer));
    else
      line(fmt::format("Iter {}: {} → {}", sample.iteration, sample.prompt, sample.answer));
  }

  void saved(const TrainingCheckpoint& checkpoint) {
    if (json_)
      event(JsonText().add("event", "saved").add("iteration", checkpoint.iteration).add("path", checkpoint.path));
    else
      line(fmt::format("Iter {}: Saved adapter weights to {}/adapters.safetensors and {}.", checkpoint.iteration,
                       recipe_.adapter_path, checkpoint.path));
  }

  void warning(const std::string& sentence) {
    if (json_)
      event(JsonText().add("event", "warning").add("text", sentence));
    else
      note("Warning: " + sentence);
  }

  void line(const std::string& text) {
    if (!json_) print(text + "\n");
  }

  static void event(const JsonText& json) { print(json.object() + "\n"); }

  bool is_json() const { return json_; }

private:
  /// The mean of the losses since the last report.
  void report(const TrainingStep& step) {
    const double loss = loss_ / static_cast<double>(steps_);
    loss_ = 0;
    steps_ = 0;
    if (json_) {
      event(JsonText()
                .add("event", "train")
                .add("iteration", step.iteration)
                .add("train_loss", loss)
                .add("learning_rate", step.learning_rate)
                .add("iterations_per_second", step.iterations_per_second)
                .add("tokens_per_second", step.tokens_per_second)
                .add("trained_tokens", step.trained_tokens)
                .add("peak_memory", gigabytes(step.peak_memory_bytes))
                .add("seconds_left", step.seconds_left));
      return;
    }
    line(
        fmt::format("Iter {}: Train loss {:.3f}, Learning Rate {:.3e}, It/sec {:.3f}, Tokens/sec {:.3f}, Trained "
                    "Tokens {}, Peak mem {:.3f} GB",
                    step.iteration, loss, step.learning_rate, step.iterations_per_second, step.tokens_per_second,
                    step.trained_tokens, gigabytes(step.peak_memory_bytes)));
  }

  const RecipeOutline& recipe_;
  bool json_;
  ProgressBar bar_;
  std::uint64_t done_ = 0, total_ = 0;
  double loss_ = 0;
  std::uint64_t steps_ = 0;
};

/// Waits for a run's end. The first Ctrl+C stops it and keeps what it learned, the second where it is.
TrainingResult wait_for(Engine& engine, Engine::RequestId run, std::future<TrainingResult> result, bool& interrupted) {
  using namespace std::chrono_literals;
  while (result.wait_for(50ms) != std::future_status::ready) {
    const CatchInterrupt interrupt;
    while (!interrupt.caught() && result.wait_for(50ms) != std::future_status::ready) {
    }
    if (!interrupt.caught()) break;
    if (interrupted)
      engine.cancel(run);
    else
      engine.stop_training(run, StopTraining::keep);
    interrupted = true;
  }
  return result.get();
}

TrainingResult train(const TrainingRequest& request, RunView& view, bool& interrupted) {
  Engine engine;
  std::promise<TrainingResult> promise;
  const Engine::RequestId run =
      engine.start_training(request, {.phase = [&](TrainingPhase phase) { view.phase(phase); },
                                      .started = [&](const TrainingStarted& started) { view.started(started); },
                                      .step = [&](const TrainingStep& step) { view.step(step); },
                                      .check = [&](const TrainingCheck& check) { view.check(check); },
                                      .sample = [&](const TrainingSample& sample) { view.sample(sample); },
                                      .saved = [&](const TrainingCheckpoint& checkpoint) { view.saved(checkpoint); },
                                      .warning = [&](const std::string& sentence) { view.warning(sentence); },
                                      .done = [&](TrainingResult result) { promise.set_value(std::move(result)); },
                                      .failed =
                                          [&](Errc code, const std::string& message) {
                                            promise.set_exception(std::make_exception_ptr(Error(code, message)));
                                          }});
  return wait_for(engine, run, promise.get_future(), interrupted);
}

int tell(const TrainingResult& result, const RunView& view, bool interrupted) {
  using Outcome = TrainingResult::Outcome;
  if (view.is_json()) {
    static constexpr const char* outcomes[] = {"completed", "stopped", "discarded", "unstable"};
    RunView::event(JsonText()
                       .add("event", "done")
                       .add("outcome", outcomes[static_cast<int>(result.outcome)])
                       .add("iterations", result.iterations)
                       .add("kept_iteration", result.kept_iteration)
                       .add("final_loss", result.final_loss)
                       .add("trained_tokens", result.trained_tokens)
                       .add("seconds", result.seconds)
                       .add("peak_memory", gigabytes(result.peak_memory_bytes))
                       .add("adapter", result.adapter));
  } else if (result.outcome == Outcome::completed) {
    print(fmt::format("Saved final weights to {}/adapters.safetensors.\n", result.adapter));
  } else if (result.outcome == Outcome::stopped_kept) {
    print(fmt::format("Stopped after iteration {}; what it learned is in {}.\n", result.iterations, result.adapter));
    note("To go on: the same command with --resume");
  }
  if (result.outcome == Outcome::unstable) {
    note(fmt::format("Training became unstable at step {}: the loss is no number. {} Try a lower --learning-rate.",
                     result.unstable_iteration,
                     result.adapter.empty() ? "Nothing was kept."
                                            : fmt::format("The state after iteration {} is kept in {}.",
                                                          result.kept_iteration, result.adapter)));
    return exit_training;
  }
  return interrupted ? exit_interrupted : exit_success;
}

int show_estimate(const TrainingRequest& request, Output output) {
  const TrainingEstimate estimate = Engine().estimate_training(request);
  if (output == Output::json) {
    print(JsonText()
              .add("memory_bytes", estimate.total())
              .add("usable_bytes", estimate.usable_bytes)
              .add("missing_bytes", estimate.missing_bytes)
              .add("disk_bytes", estimate.disk_bytes)
              .add("parameters", estimate.parameters)
              .add("trainable_parameters", estimate.trainable_parameters)
              .add("iterations", estimate.iterations)
              .add("batches_per_epoch", estimate.batches_per_epoch)
              .add("device", estimate.device)
              .add("activations", estimate.activations)
              .object() +
          "\n");
  } else {
    print(fmt::format(
        "{} steps, {} to a pass over the data; largest batch {} × {} tokens.\nMemory: {} of {} on {}{}\nDisk: {}\n",
        estimate.iterations, estimate.batches_per_epoch, estimate.largest_rows, estimate.largest_length,
        format_bytes(estimate.total()), format_bytes(estimate.usable_bytes), estimate.device,
        estimate.missing_bytes > 0 ? fmt::format("; {} are missing", format_bytes(estimate.missing_bytes)) : "",
        format_bytes(estimate.disk_bytes)));
  }
  return estimate.missing_bytes > 0 ? exit_memory : exit_success;
}

/// mlx-lm's: the loss on rows that were never trained on.
void test(const TrainingRequest& request, const RecipeOutline& recipe, Output output) {
  TestReport report;
  {
    ProgressLine line("Testing");
    report =
        test_adapter({.model = request.model,
                      .device = request.device,
                      .recipe = request.recipe,
                      .adapter = request.output,
                      .batches = recipe.test_batches},
                     {.report = [&](std::uint64_t done, std::uint64_t total) { line.show(done, total); }, .stop = {}});
  }
  if (output == Output::json)
    print(JsonText()
              .add("event", "test")
              .add("test_loss", report.loss)
              .add("test_ppl", report.perplexity())
              .add("tokens", report.tokens)
              .object() +
          "\n");
  else
    print(fmt::format("Test loss {:.3f}, Test ppl {:.3f}.\n", report.loss, report.perplexity()));
}

}  // namespace

int run_lora(const LoraOptions& options) {
  const std::string file = options.config.empty() ? "{}" : read_recipe(options.config);
  const std::string recipe = merge_recipes(file, options.overrides);
  const RecipeOutline outline = describe_recipe(recipe, options.config.empty() ? "lora" : options.config);
  if (!outline.train && !outline.test && !options.estimate)
    fail(Errc::invalid_argument, "lora: nothing to do: --train, --test or both are wanted");
  const TrainingRequest request{.model = outline.model,
                                .device = options.device,
                                .recipe = recipe,
                                .output = outline.adapter_path,
                                .resume = options.resume,
                                .sample_prompts = options.sample_prompts};
  if (options.estimate) return show_estimate(request, options.output);
  int code = exit_success;
  for (const std::string& sentence : outline.notes) note(sentence);
  if (outline.train) {
    bool interrupted = false;
    TrainingResult result;
    {
      RunView view(outline, options.output);
      result = train(request, view, interrupted);
      code = tell(result, view, interrupted);
    }
  }
  if (outline.test && code == exit_success) test(request, outline, options.output);
  return code;
}

}  // namespace etna::cli
