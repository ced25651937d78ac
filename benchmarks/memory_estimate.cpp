// What loads are estimated to take, held against what they take: one row for each architecture, format and context.
//   memory_estimate [--device vulkan] [--models FOLDER…] [--families NAME…] [--contexts 512 2048 8192]
// Prints a markdown table; exits with 1 when an estimate is more than 5 % off.

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>

#include "benchmarks/support/family_model.h"
#include "benchmarks/support/measured_load.h"
#include "engine/devices.h"
#include "engine/session/memory_estimate.h"

namespace {

using namespace etna;
using benchmarks::FamilyModel;
using benchmarks::MeasuredLoad;

constexpr double tolerance = 0.05;

struct Options {
  std::string device;
  std::vector<std::string> models, families = FamilyModel::families(), formats = {"bf16", "q4"};
  std::vector<std::uint64_t> contexts = {512, 2048, 8192};
  bool speed = false;
};

class Table {
public:
  explicit Table(const std::string& device) {
    fmt::print("{}\n\n| model | context | estimate MiB | measured MiB | ratio | estimate ms |\n|---|---:|---:|---:|---:|---:|\n", device);
  }

  void add(const std::string& model, std::uint64_t context, const MeasuredLoad& load) {
    const double ratio = static_cast<double>(load.estimated_bytes) / static_cast<double>(load.measured_bytes);
    const bool right = std::abs(ratio - 1) <= tolerance;
    wrong_ += right ? 0 : 1;
    worst_ = std::max(worst_, std::abs(ratio - 1));
    const auto mebibytes = [](std::uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); };
    fmt::print("| {} | {} | {:.2f} | {:.2f} | {:.4f}{} | {:.1f} |\n", model, context, mebibytes(load.estimated_bytes), mebibytes(load.measured_bytes), ratio,
               right ? "" : " **off**", load.estimate_seconds * 1e3);
    std::fflush(stdout);
  }

  int finish() const {
    fmt::print("\nworst: {:.2f} %, {} rows beyond {:.0f} %\n", worst_ * 100, wrong_, tolerance * 100);
    return wrong_ == 0 ? 0 : 1;
  }

private:
  int wrong_ = 0;
  double worst_ = 0;
};

/// Llama 3 8B as a hub describes it.
ModelDescription large_model() {
  constexpr std::int64_t hidden = 4096, inner = 14336, narrow = 1024, vocab = 128256;
  ModelDescription model{.name = "llama-3-8b", .config_json = {}, .tensors = {}, .gguf_parts = {}};
  model.config_json = fmt::format(R"({{"model_type":"llama","hidden_size":{},"num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":8,)"
                                  R"("intermediate_size":{},"vocab_size":{},"max_position_embeddings":131072}})", hidden, inner, vocab);
  const auto add = [&](const std::string& name, std::vector<std::int64_t> shape) {
    std::uint64_t bytes = 2;
    for (const std::int64_t size : shape) bytes *= static_cast<std::uint64_t>(size);
    model.tensors.push_back({name + ".weight", "BF16", std::move(shape), bytes});
  };
  add("model.embed_tokens", {vocab, hidden});
  add("lm_head", {vocab, hidden});
  add("model.norm", {hidden});
  for (int i = 0; i < 32; ++i) {
    const std::string path = fmt::format("model.layers.{}.", i);
    for (const char* name : {"self_attn.q_proj", "self_attn.o_proj"}) add(path + name, {hidden, hidden});
    for (const char* name : {"self_attn.k_proj", "self_attn.v_proj"}) add(path + name, {narrow, hidden});
    for (const char* name : {"mlp.gate_proj", "mlp.up_proj"}) add(path + name, {inner, hidden});
    add(path + "mlp.down_proj", {hidden, inner});
    for (const char* name : {"input_layernorm", "post_attention_layernorm"}) add(path + name, {hidden});
  }
  return model;
}

/// How long a whole estimate takes, with the longest context and all: the first, and one for each further context.
void time_estimates(const Backend& backend) {
  using Clock = std::chrono::steady_clock;
  LoadEstimator estimator;
  const ModelDescription model = large_model();
  std::vector<double> milliseconds;
  for (std::uint64_t context = 1024; context <= 24 * 1024; context += 1024) {
    const auto begin = Clock::now();
    LoadRequest request;
    request.context_length = context;
    estimator.estimate(model, request, backend);
    milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
  }
  const double first = milliseconds.front();
  std::ranges::sort(milliseconds);
  fmt::print("{}\nestimates of a model of 8 billion weights and 32 layers: first {:.1f} ms, other contexts median {:.1f} ms, slowest {:.1f} ms\n",
             backend.name(), first, milliseconds[milliseconds.size() / 2], milliseconds[milliseconds.size() - 2]);
}

int run(const Options& options) {
  const std::shared_ptr<Backend> backend = open_device(options.device);
  if (options.speed) {
    time_estimates(*backend);
    return 0;
  }
  Table table(backend->name());
  for (const std::string& path : options.models) {
    const ModelFiles files = ModelFiles::open(path, ModelFiles::WithTokenizer::no);
    for (const std::uint64_t context : options.contexts) {
      table.add(files.name(), context, benchmarks::measure_load(files.config, *files.tensors, backend, context));
    }
  }
  if (!options.models.empty()) return table.finish();
  for (const std::string& family : options.families) {
    for (const std::string& format : options.formats) {
      const FamilyModel model(family, format);
      for (const std::uint64_t context : options.contexts) {
        table.add(model.description(), context, benchmarks::measure_load(model.config(), model, backend, context));
      }
    }
  }
  return table.finish();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Estimated and measured memory of loads"};
  Options options;
  app.add_option("--device", options.device, "cpu, vulkan or vulkan:N");
  app.add_option("--models", options.models, "model folders and .gguf files (default: generated models of all families)");
  app.add_option("--families", options.families, "of generated models (default: all)");
  app.add_option("--formats", options.formats, "of generated models: bf16, q4");
  app.add_option("--contexts", options.contexts, "tokens of context");
  app.add_flag("--speed", options.speed, "only time estimates, of a model of 8 billion weights");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options);
  } catch (const etna::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
