// Speed and memory of training steps, optimizer included.
//   training_bench [--shape llama-1.1b] [--format bf16] [--device cpu] [--activations bf16] [--batch 4] [--length 512]
//   [--method lora]
//            [--rank 8] [--keys self_attn.q_proj,self_attn.v_proj] [--optimizer adam] [--steps 5] [--checkpoint]
//   training_bench --model FOLDER --device cpu: 100 short examples, three passes over them, with a real model

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>

#include "benchmarks/support/random_model.h"
#include "engine/base/error.h"
#include "engine/devices.h"
#include "engine/session/load_settings.h"
#include "engine/session/model_files.h"
#include "engine/training/learner.h"

namespace {

using namespace etna;
using Clock = std::chrono::steady_clock;

struct Options {
  std::string model, shape = "llama-1.1b", format = "bf16", device = "cpu", activations = "f32", method = "lora",
                     optimizer = "adam";
  std::vector<std::string> keys{"self_attn.q_proj", "self_attn.v_proj"};
  std::int64_t batch = 4, length = 512, rank = 8;
  int steps = 5;
  bool checkpoint = false;
};

training::TrainingOptions training_options(const Options& options) {
  training::TrainingOptions result;
  result.method = training::method_named(options.method);
  result.lora.rank = options.rank;
  result.lora.keys = options.keys;
  result.layers = -1;
  result.optimizer = training::OptimizerOptions::of(training::optimizer_named(options.optimizer));
  result.checkpoint_layers = options.checkpoint;
  result.batches.batch_size = options.batch;
  return result;
}

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

void report_memory(const Backend& backend) {
  const MemoryReport memory = backend.allocator()->ledger()->total();
  fmt::print("memory peak {:.1f} MB\n", static_cast<double>(memory.peak_bytes) / 1e6);
  for (const MemoryReport::Use& use : memory.uses) {
    if (use.peak_bytes > 0)
      fmt::print("  {:<24} {:>10.1f} MB\n", name(use.tag), static_cast<double>(use.peak_bytes) / 1e6);
  }
}

/// Random weights of a real shape, full rows of some text.
void run_shape(const Options& options) {
  const std::shared_ptr<Backend> backend = open_device(options.device);
  const benchmarks::RandomModel tensors(options.shape, options.format);
  const training::TrainingOptions how = training_options(options);
  const DType activations =
      choose_activations(options.activations, *backend, packing_of(tensors), ActivationRange::usual);
  training::Learner learner(
      {.config = tensors.config(), .tensors = tensors, .options = how, .activations = activations}, backend, {});
  training::Batch batch{.rows = options.batch, .length = options.length, .inputs = {}, .targets = {}};
  const std::int64_t vocabulary = tensors.config().vocab_size;
  for (std::int64_t i = 0; i < options.batch * options.length; ++i) {
    batch.inputs.push_back(static_cast<std::int32_t>((i * 7919 + 13) % vocabulary));
    batch.targets.push_back(static_cast<std::int32_t>((i * 7919 + 7932) % vocabulary));
  }
  fmt::print("{}: {}, {} activations, {} x {} tokens, {} rank {}, {}{}\n", backend->name(), tensors.description(),
             activations_name(activations), options.batch, options.length, options.method, options.rank,
             options.optimizer, options.checkpoint ? ", layers computed again" : "");
  fmt::print("{} of {} parameters are trained\n", learner.trainable_parameters(), learner.parameters());
  const auto begin = Clock::now();
  double loss = learner.accumulate(batch).loss;
  learner.update(1e-5, 0);
  fmt::print("first step, with compiling, {:.2f} s; loss {:.4f}\n", seconds_since(begin), loss);
  std::vector<double> seconds;
  for (int i = 0; i < options.steps; ++i) {
    const auto start = Clock::now();
    loss = learner.accumulate(batch).loss;
    learner.update(1e-5, 0);
    seconds.push_back(seconds_since(start));
  }
  std::ranges::sort(seconds);
  const double step = seconds[seconds.size() / 2];
  fmt::print("step {:.1f} ms, {:.1f} tok/s; loss {:.4f}\n", step * 1e3,
             static_cast<double>(options.batch * options.length) / step, loss);
  report_memory(*backend);
}

/// 100 short examples of a fact that the model cannot know, three passes.
void run_model(const Options& options) {
  const std::shared_ptr<Backend> backend = open_device(options.device);
  const ModelFiles files = ModelFiles::open(options.model);
  if (!files.tokenizer) fail(Errc::invalid_argument, "{}: it has no tokenizer", options.model);
  const training::TrainingOptions how = training_options(options);
  const DType activations =
      choose_activations(options.activations, *backend, packing_of(*files.tensors), ActivationRange::usual);
  const auto begin = Clock::now();
  training::Learner learner(
      {.config = files.config, .tensors = *files.tensors, .options = how, .activations = activations}, backend, {});
  const char* names[] = {"Ada", "Ben", "Cleo", "Dora", "Emil", "Fay", "Gus", "Hana", "Ivo", "June"};
  std::vector<training::Example> examples;
  for (int i = 0; i < 100; ++i) {
    examples.push_back({files.tokenizer->encode(
        fmt::format("{} asked for the way to the harbour. Turn left at the blue tower, said number {}.", names[i % 10],
                    i / 10),
        AddSpecialTokens::yes)});
  }
  double first = 0, last = 0;
  std::int64_t tokens = 0;
  for (int pass = 0; pass < 3; ++pass) {
    double sum = 0;
    std::int64_t batches = 0;
    for (std::size_t i = 0; i + static_cast<std::size_t>(options.batch) <= examples.size();
         i += static_cast<std::size_t>(options.batch)) {
      const training::Batch batch =
          training::make_batch(std::span(examples).subspan(i, static_cast<std::size_t>(options.batch)), 2048);
      sum += learner.accumulate(batch).loss;
      learner.update(1e-3, 0);
      tokens += batch.learned();
      ++batches;
    }
    (pass == 0 ? first : last) = sum / static_cast<double>(batches);
  }
  const double seconds = seconds_since(begin);
  fmt::print(
      "{}: {}, 100 examples, 3 passes in {:.1f} s with loading, {:.1f} tok/s; mean loss {:.3f} in the first pass, "
      "{:.3f} in the last\n",
      backend->name(), options.model, seconds, static_cast<double>(tokens) / seconds, first, last);
  report_memory(*backend);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Speed and memory of training steps");
  app.add_option("--model", options.model);
  app.add_option("--shape", options.shape);
  app.add_option("--format", options.format);
  app.add_option("--device", options.device);
  app.add_option("--activations", options.activations);
  app.add_option("--method", options.method);
  app.add_option("--optimizer", options.optimizer);
  app.add_option("--batch", options.batch);
  app.add_option("--length", options.length);
  app.add_option("--rank", options.rank);
  app.add_option("--keys", options.keys)->delimiter(',');
  app.add_option("--steps", options.steps);
  app.add_flag("--checkpoint", options.checkpoint);
  CLI11_PARSE(app, argc, argv);
  try {
    options.model.empty() ? run_shape(options) : run_model(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "training: {}\n", error.what());
    return 1;
  }
}
