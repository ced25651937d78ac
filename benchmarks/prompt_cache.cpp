// What kept prompts save: time to the first token of a prompt of --prompt tokens, read from its beginning, from memory and
// from disk.
//   prompt_cache [--model FOLDER | --shape qwen3-0.6b --format q4] [--device cpu] [--prompt 2000] [--tail 16]

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>

#include "benchmarks/support/random_model.h"
#include "engine/base/error.h"
#include "engine/devices.h"
#include "engine/session/model_host.h"
#include "engine/session/model_internals.h"
#include "engine/session/prompt_store.h"

namespace {

using namespace etna;
using Clock = std::chrono::steady_clock;

struct Options {
  std::string model, shape = "qwen3-0.6b", format = "q4", device = "cpu", activations;
  std::int64_t prompt = 2000, tail = 16, repeat = 3;
  int kv_bits = 0;
};

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

/// Reads a prompt with whatever the store has of it; seconds to its logits.
double read(PromptStore& store, const CachedModel& model, const std::vector<std::int32_t>& prompt, CachedTokens& tokens) {
  const auto begin = Clock::now();
  const PromptStore::Reading reading = store.restore(model, prompt, 0);
  const auto rest = std::span(prompt).subspan(static_cast<std::size_t>(reading.length));
  const std::int64_t last = static_cast<std::int64_t>(rest.size()) - 1;
  model.runner.append_for_logits(0, rest, std::span(&last, 1));
  tokens = reading.tokens;
  return seconds_since(begin);
}

void run(const Options& options) {
  const std::shared_ptr<Backend> backend = open_device(options.device);
  const ModelHostOptions load{.activations = options.activations,
                              .context_length = static_cast<std::uint64_t>(options.prompt + options.tail + 64),
                              .kv_cache = {.key_bits = options.kv_bits, .value_bits = options.kv_bits}};
  std::unique_ptr<benchmarks::RandomModel> random;
  std::unique_ptr<ModelHost> host;
  if (options.model.empty()) {
    random = std::make_unique<benchmarks::RandomModel>(options.shape, options.format);
    host = ModelHost::load(random->config(), *random, backend, load, {});
  } else {
    host = ModelHost::load(options.model, backend, load, {});
  }
  ModelHost::Internals& in = host->internals();
  const CachedModel model{in.info.name, in.fingerprint, *in.runner};
  std::vector<std::int32_t> prefix, prompt;
  for (std::int64_t i = 0; i < options.prompt + options.tail; ++i) {
    prompt.push_back(static_cast<std::int32_t>((static_cast<std::uint64_t>(i) * 7919 + 13) % in.info.vocab_size));
  }
  prefix.assign(prompt.begin(), prompt.begin() + options.prompt);
  fmt::print("{}: {}, {} activations, {}; prompt of {} + {} tokens\n", backend->name(), in.info.name, in.info.activations, in.info.format, options.prompt, options.tail);

  const auto folder = std::filesystem::temp_directory_path() / fmt::format("etna-prompt-cache-{}", Clock::now().time_since_epoch().count());
  const auto memory = open_device("cpu");
  const auto make_store = [&] {
    auto store = std::make_unique<PromptStore>(PromptStore::Parts{.allocator = [&] { return memory->allocator(); }});
    store->set_memory_limit(std::uint64_t{8} << 30);
    store->configure({.disk_folder = folder.string(), .disk_bytes = std::uint64_t{64} << 30});
    return store;
  };
  const auto best = [&](const auto& measure) {
    double least = 1e9;
    for (std::int64_t i = 0; i < options.repeat; ++i) least = std::min(least, measure());
    return least;
  };
  CachedTokens tokens;
  auto store = make_store();
  PromptStore nothing({.allocator = [&] { return memory->allocator(); }});
  const double whole = best([&] {
    model.runner.truncate(0, 0);
    return read(nothing, model, prompt, tokens);
  });
  model.runner.truncate(0, options.prompt);
  const auto begin = Clock::now();
  store->keep(model, prefix, PromptCaching::keep);
  const double keeping = seconds_since(begin);
  const double from_memory = best([&] {
    model.runner.truncate(0, 0);
    return read(*store, model, prompt, tokens);
  });
  fmt::print("read           {:.3f} s to the first token\n", whole);
  fmt::print("kept           {:.3f} s, {:.1f} MB\n", keeping, static_cast<double>(store->memory_bytes()) / 1e6);
  fmt::print("from memory    {:.3f} s, {} tokens: {:.1f} times as fast\n", from_memory, tokens.memory, whole / from_memory);
  store->disk()->flush();
  store.reset();
  const double from_disk = best([&] {
    store = make_store();
    model.runner.truncate(0, 0);
    return read(*store, model, prompt, tokens);
  });
  fmt::print("from disk      {:.3f} s, {} tokens: {:.1f} times as fast\n", from_disk, tokens.disk, whole / from_disk);
  store->disk()->purge();
  store.reset();
  std::filesystem::remove_all(folder);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"What kept prompts save"};
  Options options;
  app.add_option("--model", options.model, "model folder (default: random weights of --shape)");
  app.add_option("--shape", options.shape, "qwen3-0.6b, llama-1.1b or llama-3-8b");
  app.add_option("--format", options.format, "q4, q8, f16, …");
  app.add_option("--device", options.device, "cpu, vulkan or vulkan:N");
  app.add_option("--activations", options.activations, "f32, f16 or bf16");
  app.add_option("--kv-bits", options.kv_bits, "4 or 8: a packed context");
  app.add_option("--prompt", options.prompt, "tokens of the beginning that is kept");
  app.add_option("--tail", options.tail, "tokens behind it that are always read");
  app.add_option("--repeat", options.repeat, "runs; the best counts");
  CLI11_PARSE(app, argc, argv);
  try {
    run(options);
  } catch (const etna::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}
