#include "engine/training/data/recipe.h"
#include "engine/training_runs.h"

namespace etna {

OpenTrainingPlan recipe_reader() {
  return [](const std::string& text, std::shared_ptr<const Tokenizer> tokenizer, const Progress& progress) {
    const training::Recipe recipe = training::read_recipe(text, "recipe");
    training::RecipeData data = training::open_recipe_data(recipe, std::move(tokenizer), progress);
    TrainingPlan plan{.options = recipe.options, .batches = std::move(data.train), .checks = std::move(data.valid)};
    plan.start_adapter = recipe.resume_adapter_file.empty()
                             ? ""
                             : std::filesystem::path(recipe.resume_adapter_file).parent_path().string();
    plan.warnings = recipe.notes;
    plan.warnings.insert(plan.warnings.end(), data.warnings.begin(), data.warnings.end());
    return plan;
  };
}

}  // namespace etna
