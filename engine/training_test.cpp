#include "engine/training_test.h"

#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/base/json.h"
#include "engine/devices.h"
#include "engine/io/starter_model.h"
#include "engine/session/load_settings.h"
#include "engine/session/model_files.h"
#include "engine/training/data/recipe.h"
#include "engine/training/learner.h"

namespace etna {

namespace {

namespace fs = std::filesystem;

/// The recipe with what the adapter's own configuration says of its form, as mlx-lm takes it from there.
std::string with_adapter(const std::string& recipe, const std::string& adapter) {
  if (adapter.empty()) return recipe;
  const nlohmann::json config = read_json_file(fs::path(adapter) / "adapter_config.json");
  nlohmann::json form = nlohmann::json::object();
  for (const char* key : {"fine_tune_type", "num_layers", "lora_parameters"}) {
    if (config.is_object() && config.contains(key)) form[key] = config[key];
  }
  return training::merged_recipe(recipe, form.dump());
}

DType activations_of(const training::TrainingOptions& options, const ModelFiles& files, const Backend& backend) {
  const ActivationRange range = files.settings.wide_range ? ActivationRange::wide : ActivationRange::usual;
  return choose_activations(options.activations, backend, packing_of(*files.tensors), range);
}

}  // namespace

TestReport test_adapter(const TestRequest& request, const Progress& progress) {
  const training::Recipe recipe = training::read_recipe(with_adapter(request.recipe, request.adapter), "recipe");
  const std::string path = request.model.empty() ? starter_model_folder().string() : request.model;
  ModelFiles files = ModelFiles::open(path);
  if (!files.tokenizer) fail(Errc::not_found, "{}: has no tokenizer, so text cannot be read", path);
  const auto batches = training::open_recipe_test(recipe, files.tokenizer, {{}, progress.stop});
  if (!request.adapter.empty()) files.apply_adapter(request.adapter);
  const std::shared_ptr<Backend> backend = open_device(request.device);
  training::Learner learner({.config = files.config,
                             .tensors = *files.tensors,
                             .options = recipe.options,
                             .activations = activations_of(recipe.options, files, *backend),
                             .start = files.adapter.get()},
                            backend, {{}, progress.stop});
  const std::int64_t count = request.batches < 0 ? batches->batches() : std::min(request.batches, batches->batches());
  TestReport report;
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    progress.check("testing");
    const training::Batch batch = batches->next();
    sum += learner.loss_sum(batch);
    report.tokens += static_cast<std::uint64_t>(batch.learned());
    progress(static_cast<std::uint64_t>(i + 1), static_cast<std::uint64_t>(count));
  }
  if (report.tokens == 0) fail(Errc::invalid_argument, "the test rows have nothing to learn, so there is no loss");
  report.loss = sum / static_cast<double>(report.tokens);
  return report;
}

}  // namespace etna
