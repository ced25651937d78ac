// Speed and memory of a whole model: load, prefill, decode, held against the device's measured read bandwidth.
//   end_to_end --model FOLDER | --shape llama-3-8b --format q4  [--device vulkan] [--layers-on-device 16]
//              [--prompt 512] [--generate 128] [--depth 0]

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>

#include "benchmarks/support/bandwidth.h"
#include "benchmarks/support/random_model.h"
#include "engine/backend/cpu/cpu_backend.h"
#include "engine/devices.h"
#include "engine/models/layer_placement.h"
#include "engine/session/model_files.h"
#include "engine/session/model_host.h"
#include "engine/session/model_internals.h"

namespace {

using namespace etna;
using Clock = std::chrono::steady_clock;

struct Options {
  std::string model, shape = "llama-1.1b", format = "q4", device, activations;
  std::int64_t prompt = 512, generate = 128, depth = 0, repeat = 3, layers_on_device = -1;
  bool profile = false;
};

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

std::vector<std::int32_t> some_ids(std::int64_t count, std::uint64_t vocab) {
  std::vector<std::int32_t> ids;
  for (std::int64_t i = 0; i < count; ++i) ids.push_back(static_cast<std::int32_t>((static_cast<std::uint64_t>(i) * 7919 + 13) % vocab));
  return ids;
}

struct Loaded {
  std::unique_ptr<ModelHost> host;
  ModelBytes bytes;
};

Loaded load(const Options& options, const std::shared_ptr<Backend>& backend, const std::shared_ptr<Backend>& processor) {
  const ModelHostOptions host{.activations = options.activations,
                              .context_length = static_cast<std::uint64_t>(options.depth + options.prompt + options.generate + 8),
                              .layers_on_device = options.layers_on_device,
                              .processor = processor};
  if (!options.model.empty()) {
    const ModelFiles files = ModelFiles::open(options.model);
    return {ModelHost::load(options.model, backend, host, {}), measure_model(files.settings, *files.tensors)};
  }
  const auto model = std::make_unique<benchmarks::RandomModel>(options.shape, options.format);
  return {ModelHost::load(model->config(), *model, backend, host, {}), measure_model(describe_model(model->config()), *model)};
}

/// Where layers lie, and what the load sheet says that costs.
void report_placement(const ModelInfo& info, const ModelBytes& bytes, const ReadSpeeds& speeds) {
  const LayerPlacement placement{info.layers, info.layers_on_device};
  fmt::print("placement     {} of {} layers on the device; expected {:.2f} times as slow as all of them ({:.0f} and {:.0f} GB/s)\n", placement.on_device,
             placement.layers, expected_slowdown(bytes, placement, speeds), speeds.device / 1e9, speeds.processor / 1e9);
}

/// Bytes that one token must read: all weights but the embedding table (of which it reads a row), and the KV cache.
double bytes_per_token(const ModelHost& host, std::int64_t depth) {
  const ModelConfig& config = host.config();
  const double bits = static_cast<double>(host.info().weight_bytes) * 8 / static_cast<double>(host.info().parameters);
  const double table = config.tie_word_embeddings.value_or(false) ? 0 : static_cast<double>(config.vocab_size * config.hidden_size) * bits / 8;
  const double element = host.info().activations == "f32" ? 4 : 2;
  const double cache = 2 * element * static_cast<double>(config.num_hidden_layers * config.num_key_value_heads * config.head_dim * depth);
  return static_cast<double>(host.info().weight_bytes) - table + cache;
}

double prefill(Runner& runner, const std::vector<std::int32_t>& ids) {
  runner.truncate(0, 0);
  const std::int64_t last = static_cast<std::int64_t>(ids.size()) - 1;
  const auto begin = Clock::now();
  runner.append_for_logits(0, ids, std::span(&last, 1));
  return seconds_since(begin);
}

double decode(Runner& runner, std::int64_t depth, std::int64_t count) {
  runner.truncate(0, depth);
  const auto stream = runner.stream(1, {}, 0);
  stream->next();  // the first includes recording
  const auto begin = Clock::now();
  for (std::int64_t i = 0; i < count; ++i) stream->next();
  return seconds_since(begin);
}

void report_profile(Runner& runner) {
  std::vector<StepTime> times = runner.profile_step();
  std::ranges::sort(times, [](const StepTime& a, const StepTime& b) { return a.seconds > b.seconds; });
  fmt::print("one token by kernel (each alone):\n  {:<44} {:>5} {:>10} {:>9}\n", "kernel", "calls", "us", "GB/s");
  double all = 0;
  for (const StepTime& time : times) {
    fmt::print("  {:<44} {:>5} {:>10.1f} {:>9.0f}\n", time.name, time.count, time.seconds * 1e6, static_cast<double>(time.work.bytes) / time.seconds / 1e9);
    all += time.seconds;
  }
  fmt::print("  {:<44} {:>5} {:>10.1f}\n", "sum", "", all * 1e6);
}

void run(const Options& options) {
  const std::shared_ptr<Backend> backend = open_device(options.device);
  const bool split = options.layers_on_device >= 0;
  const std::shared_ptr<Backend> processor = split ? open_device("cpu", backend->allocator()->ledger()) : nullptr;
  const auto [host, model_bytes] = load(options, backend, processor);
  const double load_seconds = host->info().load_seconds;
  fmt::print("{}: {}, {} activations, {}\n", backend->name(), host->info().name, host->info().activations, host->info().format);
  fmt::print("load          {:.2f} s, {:.2f} GB ({:.1f} GB/s)\n", load_seconds, static_cast<double>(host->info().weight_bytes) / 1e9,
             static_cast<double>(host->info().weight_bytes) / 1e9 / load_seconds);

  Runner& runner = *host->internals().runner;
  const std::vector<std::int32_t> ids = some_ids(std::max(options.prompt, options.depth), host->info().vocab_size);
  const std::vector<std::int32_t> prompt(ids.begin(), ids.begin() + options.prompt);
  prefill(runner, prompt);  // compiles and pages in
  double best_prefill = 1e9;
  for (int i = 0; i < options.repeat; ++i) best_prefill = std::min(best_prefill, prefill(runner, prompt));
  fmt::print("prefill {:>5} {:.1f} tok/s\n", options.prompt, static_cast<double>(options.prompt) / best_prefill);

  if (options.depth > 0) prefill(runner, ids);
  decode(runner, options.depth, 1);
  const MemoryReport memory = backend->allocator()->ledger()->total();  // before the bandwidth probe takes memory of its own
  std::vector<double> seconds, bandwidths;
  for (int i = 0; i < options.repeat; ++i) {
    // Bandwidth swings on shared machines: measured beside every reading.
    bandwidths.push_back(benchmarks::read_bandwidth(*backend));
    seconds.push_back(decode(runner, options.depth, options.generate) / static_cast<double>(options.generate));
  }
  std::ranges::sort(seconds);
  std::ranges::sort(bandwidths);
  const double token = seconds[seconds.size() / 2], bandwidth = bandwidths[bandwidths.size() / 2];
  const double bytes = bytes_per_token(*host, options.depth + options.generate / 2);
  fmt::print("decode @{:<5} {:.1f} tok/s, {:.3f} ms, {} dispatches a token\n", options.depth, 1 / token, token * 1e3, runner.dispatches_per_step());
  fmt::print("bytes a token {:.3f} GB, {:.1f} GB/s = {:.0f} % of {:.1f} GB/s read bandwidth\n", bytes / 1e9, bytes / token / 1e9,
             100 * bytes / token / bandwidth, bandwidth / 1e9);
  if (split) report_placement(host->info(), model_bytes, {.device = bandwidth, .processor = cpu::read_speed()});
  if (options.profile) report_profile(runner);

  fmt::print("memory        peak {:.1f} MB\n", static_cast<double>(memory.peak_bytes) / 1e6);
  for (const MemoryReport::Use& use : memory.uses) {
    fmt::print("  {:<28} {:<12} {:>10.1f} MB\n", use.owner_name, name(use.tag), static_cast<double>(use.peak_bytes) / 1e6);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Speed and memory of a whole model"};
  Options options;
  app.add_option("--model", options.model, "model folder (default: random weights of --shape)");
  app.add_option("--shape", options.shape, "qwen3-0.6b, llama-1.1b or llama-3-8b");
  app.add_option("--format", options.format, "q4, q8, mxfp4, q4_0, q8_0, q4_k, q6_k, f16, bf16 or f32");
  app.add_option("--device", options.device, "cpu, vulkan or vulkan:N");
  app.add_option("--layers-on-device", options.layers_on_device, "the last ones; the rest runs on the processor");
  app.add_option("--activations", options.activations, "f32, f16 or bf16");
  app.add_option("--prompt", options.prompt, "tokens to prefill");
  app.add_option("--generate", options.generate, "tokens to decode");
  app.add_option("--depth", options.depth, "tokens in the context before decoding");
  app.add_option("--repeat", options.repeat, "runs; the median counts");
  app.add_flag("--profile", options.profile, "time each kernel of one token");
  CLI11_PARSE(app, argc, argv);
  try {
    run(options);
  } catch (const etna::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}
