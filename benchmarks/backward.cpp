// Speed and memory of the backward pass: loss and gradients of LoRA adapters on q and v of every layer, as a plan,
// without the optimizer's step.
//   backward [--shape llama-1.1b] [--format bf16] [--device cpu] [--activations bf16] [--batch 4] [--length 512]
//   [--rank 8]
//            [--checkpoint] [--profile] [--no-matrices]

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>

#include "benchmarks/support/random_model.h"
#include "engine/autograd/checkpoint.h"
#include "engine/autograd/head_loss.h"
#include "engine/autograd/vjp.h"
#include "engine/backend/vulkan/vulkan_backend.h"
#include "engine/base/error.h"
#include "engine/devices.h"
#include "engine/io/weight_loader.h"
#include "engine/models/model.h"
#include "engine/models/stored_parameters.h"
#include "engine/nn/lora.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"
#include "engine/ops/reduce.h"
#include "engine/ops/view.h"
#include "engine/plan/plan.h"

namespace {

using namespace etna;
using Clock = std::chrono::steady_clock;

struct Options {
  std::string shape = "llama-1.1b", format = "bf16", device = "cpu", activations = "f32";
  std::int64_t batch = 4, length = 512, rank = 8;
  int repeat = 3;
  bool checkpoint = false, profile = false;
  bool matrices = true;  // of a graphics device
};

DType dtype_named(const std::string& name) {
  if (name == "f32") return DType::float32;
  if (name == "f16") return DType::float16;
  if (name == "bf16") return DType::bfloat16;
  fail(Errc::invalid_argument, "activations: '{}' is none of f32, f16, bf16", name);
}

/// Adapters on q and v; everything else as it is stored.
class AdaptedParameters : public nn::Parameters {
public:
  AdaptedParameters(nn::Parameters& stored, Backend& backend, OwnerId owner, std::int64_t rank)
      : stored_(stored), backend_(backend), owner_(owner), rank_(rank) {}

  const std::vector<Array>& adapters() const { return adapters_; }

  bool has(const std::string& path) const override { return stored_.has(path); }

  std::unique_ptr<nn::Linear> linear(const std::string& path, std::int64_t in, std::int64_t out,
                                     nn::Bias bias) override {
    std::unique_ptr<nn::Linear> base = stored_.linear(path, in, out, bias);
    if (!path.ends_with("q_proj") && !path.ends_with("v_proj")) return base;
    const Array a = adapter({in, rank_}), b = adapter({rank_, out});
    return std::make_unique<nn::LoraLinear>(std::move(base), nn::LowRank{transpose(a, 0, 1), transpose(b, 0, 1)});
  }

  std::unique_ptr<nn::Linear> linear_rows(const std::string& path, std::int64_t in, nn::Rows rows,
                                          nn::Bias bias) override {
    return stored_.linear_rows(path, in, rows, bias);
  }

  std::shared_ptr<nn::Embedding> embedding(const std::string& path, std::int64_t rows, std::int64_t size) override {
    return stored_.embedding(path, rows, size);
  }

  std::unique_ptr<nn::Experts> experts(const std::string& path, std::int64_t count, std::int64_t in, std::int64_t out,
                                       nn::Bias bias) override {
    return stored_.experts(path, count, in, out, bias);
  }

  Array tensor(const std::string& name, const Shape& shape) override { return stored_.tensor(name, shape); }

private:
  Array adapter(const Shape& shape) {
    const Array array = allocate_array(backend_, shape, DType::float32, MemoryTag::training, owner_);
    std::vector<float> values(static_cast<std::size_t>(array.size()));
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = 0.01f * static_cast<float>(static_cast<int>(i * 37 % 19) - 9) / 9;
    array.view().buffer->write(array.view().offset, std::as_bytes(std::span(values)));
    adapters_.push_back(array);
    return array;
  }

  nn::Parameters& stored_;
  Backend& backend_;
  OwnerId owner_;
  std::int64_t rank_;
  std::vector<Array> adapters_;
};

/// Mean cross entropy of a batch of some text.
Array loss_of(const Model& model, const ModelConfig& config, Backend& backend, OwnerId owner, const Options& options) {
  const DType activations = dtype_named(options.activations);
  std::vector<nn::KvCache> caches;
  for (const CacheShape& shape : model.cache_shapes()) {
    caches.push_back(nn::KvCache::create(
        backend, owner, shape,
        {.batch = options.batch, .capacity = options.length, .piece = options.length, .dtype = activations}));
  }
  std::vector<Array> frequencies;
  for (const nn::RopeSettings& rope : model.ropes()) {
    const std::vector<float> table = nn::rope_table(rope, options.length).frequencies;
    frequencies.push_back(Array::from(table, {static_cast<std::int64_t>(table.size())}));
  }
  const std::int64_t rows = options.batch * options.length;
  std::vector<std::int32_t> ids, targets;
  for (std::int64_t i = 0; i < rows; ++i) {
    ids.push_back(static_cast<std::int32_t>((i * 7919 + 13) % static_cast<std::int64_t>(config.vocab_size)));
    targets.push_back(static_cast<std::int32_t>((i * 7919 + 7932) % static_cast<std::int64_t>(config.vocab_size)));
  }
  Forward forward{
      .input = Array::from(ids, {options.batch, options.length}),
      .caches = caches,
      .offsets = Array::from(std::vector<std::int32_t>(static_cast<std::size_t>(options.batch), 0), {options.batch}),
      .frequencies = frequencies,
      .activations = activations};
  if (options.checkpoint) {
    forward.apply = [](const Layer& layer, const Array& x) {
      return checkpoint([&](const std::vector<Array>& in) { return layer(in[0]); }, {x});
    };
  }
  const Array hidden = model.hidden_states(forward);
  const auto head = [&](const Array& x) { return model.logits(x); };
  return mean(cross_entropy_of_head(reshape(hidden, {rows, hidden.shape(2)}), head, Array::from(targets, {rows})), 0);
}

void report_profile(Plan& plan) {
  std::vector<StepTime> times = plan.profile();
  std::ranges::sort(times, [](const StepTime& a, const StepTime& b) { return a.seconds > b.seconds; });
  double all = 0;
  for (const StepTime& time : times) all += time.seconds;
  fmt::print("by kernel (each alone), {:.1f} ms in all:\n  {:<44} {:>5} {:>10} {:>6} {:>9} {:>9}\n", all * 1e3,
             "kernel", "calls", "ms", "%", "GB/s", "GFLOP/s");
  for (const StepTime& time : times) {
    fmt::print("  {:<44} {:>5} {:>10.2f} {:>6.1f} {:>9.1f} {:>9.1f}\n", time.name, time.count, time.seconds * 1e3,
               100 * time.seconds / all, static_cast<double>(time.work.bytes) / time.seconds / 1e9,
               static_cast<double>(time.work.flops) / time.seconds / 1e9);
  }
}

void run(const Options& options) {
  const std::shared_ptr<Backend> backend =
      options.matrices ? open_device(options.device)
                       : vulkan::create_backend(0, nullptr, {.matrices = vulkan::MatrixUnits::off});
  const OwnerId owner = backend->allocator()->add_owner("backward");
  const benchmarks::RandomModel tensors(options.shape, options.format);
  WeightLoader loader(*backend, owner, {}, 0);
  StoredParameters stored(tensors.config(), tensors, loader);
  AdaptedParameters parameters(stored, *backend, owner, options.rank);
  const std::unique_ptr<Model> model = create_model(tensors.config(), parameters);

  const Array loss = loss_of(*model, tensors.config(), *backend, owner, options), one = Array::scalar(1);
  std::vector<Array> outputs = gradients(std::span(&loss, 1), std::span(&one, 1), parameters.adapters());
  outputs.insert(outputs.begin(), loss);
  const auto begin = Clock::now();
  const auto plan = Plan::compile(outputs, *backend, owner);
  fmt::print("{}: {}, {} activations, {} x {} tokens, rank {}{}\n", backend->name(), tensors.description(),
             options.activations, options.batch, options.length, options.rank,
             options.checkpoint ? ", layers computed again" : "");
  fmt::print("compiled in {:.2f} s, {} dispatches\n", std::chrono::duration<double>(Clock::now() - begin).count(),
             plan->dispatch_count());
  plan->run();
  std::vector<double> seconds;
  for (int i = 0; i < options.repeat; ++i) {
    const auto start = Clock::now();
    plan->run();
    seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  std::ranges::sort(seconds);
  const double step = seconds[seconds.size() / 2];
  const MemoryReport memory = backend->allocator()->ledger()->total();
  fmt::print("step {:.1f} ms, {:.1f} tok/s; loss {:.4f}\n", step * 1e3,
             static_cast<double>(options.batch * options.length) / step, plan->output(0).to_floats()[0]);
  fmt::print("memory peak {:.1f} MB\n", static_cast<double>(memory.peak_bytes) / 1e6);
  if (options.profile) report_profile(*plan);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Speed and memory of loss and gradients of LoRA adapters");
  app.add_option("--shape", options.shape);
  app.add_option("--format", options.format);
  app.add_option("--device", options.device);
  app.add_option("--activations", options.activations);
  app.add_option("--batch", options.batch);
  app.add_option("--length", options.length);
  app.add_option("--rank", options.rank);
  app.add_option("--repeat", options.repeat);
  app.add_flag("--checkpoint", options.checkpoint);
  app.add_flag("--profile", options.profile);
  app.add_flag("!--no-matrices", options.matrices, "the first graphics device, without its matrix units");
  CLI11_PARSE(app, argc, argv);
  try {
    run(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "backward: {}\n", error.what());
    return 1;
  }
}
