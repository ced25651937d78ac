#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/progress.h"
#include "engine/workbench.h"

/// Files around fine-tuning, for screens and the terminal: recipes, adapters, models into which they are merged.
namespace etna {

/// A recipe file (mlx-lm's YAML, or JSON) as the JSON object that TrainingRequest::recipe takes. Throws not_found, io;
/// corrupt, naming file and line.
std::string read_recipe(const std::string& path);

/// Members of `more` in the place of those of `recipe`; both are JSON objects.
std::string merge_recipes(std::string_view recipe, std::string_view more);

/// As a file that read_recipe and mlx-lm read.
std::string recipe_as_yaml(std::string_view recipe);

/// What of a recipe its caller needs to know.
struct RecipeOutline {
  std::string model;         ///< folder; empty: not said
  std::string adapter_path;  ///< folder that is written
  std::string resume_adapter_file;
  bool train = false;
  bool test = false;
  std::int64_t iterations = 0;
  std::int64_t steps_per_report = 0;
  std::int64_t test_batches = 0;   ///< -1: all
  std::vector<std::string> notes;  ///< sentences: keys that change nothing here
};

/// Reads all of it. Throws invalid_argument naming `where` and the key that is wrong or that nobody knows.
RecipeOutline describe_recipe(std::string_view recipe, const std::string& where);

/// What mlx-lm's fuse does: a model folder in which an adapter is part of the weights. See engine/io/fuse.h.
struct FusionRequest {
  std::string model;               ///< folder; empty: the starter model
  std::string adapter;             ///< folder in mlx-lm's or PEFT's form
  std::string destination;         ///< must not exist
  bool dequantize = false;         ///< plain weights
  std::optional<Packing> packing;  ///< all of the result; none: each weight as it was
};

ConversionReport fuse_model(const FusionRequest& request, const Progress& progress);

enum class AdapterForm {
  mlx,   ///< adapters.safetensors
  peft,  ///< adapter_model.safetensors
};

/// Writes an adapter in another form; the folder must not exist. `base_model`: what PEFT calls the model; empty: as the
/// adapter says. Throws what is wrong with the adapter, unsupported for what the form has no words for, io.
void convert_adapter(const std::string& source, const std::string& destination, AdapterForm form,
                     const std::string& base_model = {});

}  // namespace etna
