#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/base/files.h"
#include "engine/session/model_files.h"
#include "engine/training/adapter_files.h"
#include "engine/training/learner.h"
#include "engine/workbench.h"
#include "engine/workbench_models.h"

namespace etna {

namespace {

namespace tr = training;

constexpr const char* operation = "train_steps";

tr::Batch batch_of(const TrainStepsRequest& request, std::int64_t vocab_size) {
  if (request.batch.empty()) fail(Errc::invalid_argument, "{}: batch has no row", operation);
  if (request.lengths.size() != request.batch.size()) {
    fail(Errc::invalid_argument, "{}: {} lengths for {} rows", operation, request.lengths.size(), request.batch.size());
  }
  const std::size_t length = request.batch.front().size();
  if (length < 2) fail(Errc::invalid_argument, "{}: rows of {} tokens, at least 2 are wanted", operation, length);
  std::vector<std::int32_t> tokens;
  for (const std::vector<std::int32_t>& row : request.batch) {
    if (row.size() != length)
      fail(Errc::invalid_argument, "{}: rows of {} and {} tokens; all must be of one length", operation, length,
           row.size());
    for (const std::int32_t id : row) {
      if (id < 0 || id >= vocab_size)
        fail(Errc::invalid_argument, "{}: token id {} is outside 0 to {}", operation, id, vocab_size - 1);
    }
    tokens.insert(tokens.end(), row.begin(), row.end());
  }
  std::vector<tr::Counted> counted;
  for (const auto& [offset, end] : request.lengths) counted.push_back({offset, end});
  tr::Batch batch = tr::make_batch(static_cast<std::int64_t>(request.batch.size()), tokens, counted);
  if (batch.learned() == 0) fail(Errc::invalid_argument, "{}: by lengths no token of the batch is learned", operation);
  return batch;
}

/// Method and modules as the adapter's files say.
void follow(const Adapter& adapter, const std::string& folder, tr::TrainingOptions& options) {
  options.recipe = read_text_file(std::filesystem::path(folder) / tr::adapter_config_file);
  options.method = adapter.kind == AdapterKind::dora ? tr::Method::dora : tr::Method::lora;
  if (adapter.modules.empty())
    fail(Errc::unsupported, "{}: {}: an adapter without changes of low rank", operation, folder);
  options.lora.rank = adapter.modules.front().rank();
  options.lora.scale = static_cast<double>(adapter.modules.front().scale);
  for (const AdapterModule& module : adapter.modules) {
    if (module.rank() != options.lora.rank || static_cast<double>(module.scale) != options.lora.scale) {
      fail(Errc::unsupported, "{}: {}: modules of different ranks or scales", operation, folder);
    }
    options.lora.keys.push_back(module.path);
  }
}

tr::TrainingOptions options_of(const TrainStepsRequest& request, const ModelFiles& files) {
  tr::TrainingOptions options;
  options.method = tr::Method::full;
  options.layers = -1;
  if (files.adapter)
    follow(*files.adapter, request.adapter, options);
  else
    options.layers = request.layers;
  options.optimizer = tr::OptimizerOptions::of(tr::optimizer_named(request.optimizer.name));
  options.optimizer.beta1 = request.optimizer.beta1;
  options.optimizer.beta2 = request.optimizer.beta2;
  options.optimizer.eps = request.optimizer.eps;
  options.optimizer.weight_decay = request.optimizer.weight_decay;
  options.optimizer.bias_correction = request.optimizer.bias_correction;
  options.schedule.initial = request.optimizer.learning_rate;
  options.iterations = request.steps;
  options.batches.batch_size = static_cast<std::int64_t>(request.batch.size());
  return options;
}

void write_gradients(const std::string& file, const tr::Learner& learner) {
  std::vector<tr::NamedArray> arrays;
  for (std::size_t i = 0; i < learner.trained().size(); ++i) {
    const tr::Trainable& weight = learner.trained()[i];
    arrays.push_back({weight.name, Array::from(learner.gradient(i), weight.value.shape())});
  }
  tr::write_arrays(file, std::move(arrays));
}

/// What the trained adapter's configuration says: modules and layers in the words of the one that it began with.
std::string config_of(const tr::TrainingOptions& options) {
  nlohmann::json config = nlohmann::json::parse(tr::adapter_config(options));
  const nlohmann::json start = nlohmann::json::parse(options.recipe);
  for (const char* key : {"lora_parameters", "num_layers"}) {
    if (start.contains(key)) config[key] = start[key];
  }
  return config.dump(4) + "\n";
}

}  // namespace

std::vector<float> Workbench::train_steps(const TrainStepsRequest& request) {
  ModelFiles files = ModelFiles::open(request.model, ModelFiles::WithTokenizer::no);
  if (!request.adapter.empty()) files.apply_adapter(request.adapter);
  const tr::Batch batch = batch_of(request, files.config.vocab_size);
  tr::TrainingOptions options = options_of(request, files);
  tr::check(options);
  const std::shared_ptr<Backend> backend = opened().backend;
  tr::Learner::Setup setup{
      .config = files.config, .tensors = *files.tensors, .options = options, .start = files.adapter.get()};
  if (!request.gradients_out.empty() && options.method == tr::Method::full) {
    // Of all weights, also of those that are not trained.
    setup.scope = tr::Scope::everything;
    tr::Learner learner(setup, backend, {});
    learner.accumulate(batch);
    write_gradients(request.gradients_out, learner);
    setup.scope = tr::Scope::layers;
  }
  tr::Learner learner(setup, backend, {});
  std::vector<float> losses;
  for (std::int64_t step = 0; step < request.steps; ++step) {
    losses.push_back(static_cast<float>(learner.accumulate(batch).loss));
    if (step == 0 && !request.gradients_out.empty() && options.method != tr::Method::full) {
      write_gradients(request.gradients_out, learner);
    }
    learner.update(options.schedule.initial, 0);
  }
  losses.push_back(static_cast<float>(learner.loss_sum(batch) / static_cast<double>(batch.learned())));
  if (!request.adapter_out.empty()) tr::write_adapter(request.adapter_out, learner.trained(), config_of(options));
  return losses;
}

}  // namespace etna
