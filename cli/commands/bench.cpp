#include <fmt/core.h>

#include <random>

#include "cli/commands/commands.h"
#include "cli/commands/json_text.h"
#include "cli/commands/terminal.h"
#include "engine/workbench.h"

namespace etna::cli {

namespace {

struct Trial {
  double prompt_tokens_per_second = 0;
  double generation_tokens_per_second = 0;
  double seconds = 0;
};

std::vector<std::int32_t> random_prompt(std::int64_t length, std::uint64_t vocab_size) {
  std::mt19937 random(0);
  std::uniform_int_distribution<std::int32_t> id(0, static_cast<std::int32_t>(vocab_size) - 1);
  std::vector<std::int32_t> ids(static_cast<std::size_t>(length));
  for (std::int32_t& token : ids) token = id(random);
  return ids;
}

Trial run_trial(Workbench& bench, std::span<const std::int32_t> prompt, std::int64_t tokens) {
  const GreedyAnswer answer = bench.greedy(prompt, tokens, EndOfText::ignored, LastLogits::omitted);
  const double decode_rate = tokens > 1 ? static_cast<double>(tokens - 1) / answer.decode_seconds : 0;
  return {.prompt_tokens_per_second = static_cast<double>(prompt.size()) / answer.prompt_seconds,
          .generation_tokens_per_second = decode_rate,
          .seconds = answer.prompt_seconds + answer.decode_seconds};
}

Trial mean(const std::vector<Trial>& trials) {
  Trial sum;
  for (const Trial& trial : trials) {
    sum.prompt_tokens_per_second += trial.prompt_tokens_per_second;
    sum.generation_tokens_per_second += trial.generation_tokens_per_second;
    sum.seconds += trial.seconds;
  }
  const auto count = static_cast<double>(trials.size());
  return {sum.prompt_tokens_per_second / count, sum.generation_tokens_per_second / count, sum.seconds / count};
}

std::string describe(const char* what, const Trial& trial, std::uint64_t peak_bytes) {
  return fmt::format("{}: prompt_tps={:.3f}, generation_tps={:.3f}, peak_memory={:.3f}, total_time={:.3f}\n", what,
                     trial.prompt_tokens_per_second, trial.generation_tokens_per_second,
                     static_cast<double>(peak_bytes) / 1e9, trial.seconds);
}

std::string memory_table(const MemorySummary& memory) {
  std::string table;
  for (const MemoryUse& use : memory.uses) {
    if (use.bytes > 0)
      table += fmt::format("Memory: {:<24} {:<12} {:>10}\n", use.owner, use.tag, format_bytes(use.bytes));
  }
  return table;
}

std::string as_json(const ModelInfo& model, const BenchOptions& options, const Trial& average,
                    const MemorySummary& memory) {
  std::string uses = "[";
  for (const MemoryUse& use : memory.uses) {
    if (uses.size() > 1) uses += ",";
    uses += JsonText().add("owner", use.owner).add("tag", use.tag).add("bytes", use.bytes).object();
  }
  return JsonText()
             .add("model", model.name)
             .add("device", model.device)
             .add("activations", model.activations)
             .add("layers", model.layers)
             .add("layers_on_device", model.layers_on_device)
             .add("prompt_tokens", options.prompt_tokens)
             .add("generation_tokens", options.generation_tokens)
             .add("trials", options.trials)
             .add("load_seconds", model.load_seconds)
             .add("prompt_tokens_per_second", average.prompt_tokens_per_second)
             .add("generation_tokens_per_second", average.generation_tokens_per_second)
             .add("peak_memory_bytes", memory.peak_bytes)
             .add_json("memory", uses + "]")
             .object() +
         "\n";
}

}  // namespace

int run_bench(const BenchOptions& options) {
  Workbench bench({.device = options.model.device, .activations = options.model.activations, .layers_on_device = options.model.layers_on_device});
  const std::string path = options.model.model.empty() ? Engine::starter_model_path() : options.model.model;
  if (path.empty()) fail(Errc::not_found, "the starter model is missing; choose a model with --model");
  const ModelInfo model = bench.load(path);
  const auto prompt = random_prompt(options.prompt_tokens, model.vocab_size);
  run_trial(bench, prompt, options.generation_tokens);  // warms up caches and clocks
  std::vector<Trial> trials;
  for (int i = 1; i <= options.trials; ++i) {
    trials.push_back(run_trial(bench, prompt, options.generation_tokens));
    if (options.output == Output::text) {
      print(describe(fmt::format("Trial {}", i).c_str(), trials.back(), bench.memory().peak_bytes));
    }
  }
  const MemorySummary memory = bench.memory();
  if (options.output == Output::json)
    print(as_json(model, options, mean(trials), memory));
  else
    print(describe("Averages", mean(trials), memory.peak_bytes) + memory_table(memory));
  return exit_success;
}

}  // namespace etna::cli
