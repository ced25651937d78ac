#include "engine/training_files.h"

#include "engine/base/error.h"
#include "engine/io/adapter_writer.h"
#include "engine/io/fuse.h"
#include "engine/io/starter_model.h"
#include "engine/models/model.h"
#include "engine/training/data/recipe.h"

namespace etna {

namespace {

QuantizationConfig complete(const Packing& packing) {
  QuantizationConfig result = QuantizationConfig::of_mode(packing.mode);
  result.bits = packing.bits.value_or(result.bits);
  result.group_size = packing.group_size.value_or(result.group_size);
  return result;
}

}  // namespace

std::string read_recipe(const std::string& path) {
  return training::read_recipe_file(path);
}

std::string merge_recipes(std::string_view recipe, std::string_view more) {
  return training::merged_recipe(recipe, more);
}

std::string recipe_as_yaml(std::string_view recipe) {
  return training::recipe_yaml(recipe);
}

RecipeOutline describe_recipe(std::string_view recipe, const std::string& where) {
  const training::Recipe read = training::read_recipe(recipe, where);
  return {.model = read.model,
          .adapter_path = read.adapter_path,
          .resume_adapter_file = read.resume_adapter_file,
          .train = read.train,
          .test = read.test,
          .iterations = read.options.iterations,
          .steps_per_report = read.options.steps_per_report,
          .test_batches = read.test_batches,
          .notes = read.notes};
}

ConversionReport fuse_model(const FusionRequest& request, const Progress& progress) {
  const std::vector<std::string> types = supported_model_types();
  FuseRequest fusion{.model = request.model.empty() ? starter_model_folder() : std::filesystem::path(request.model),
                     .adapter = request.adapter,
                     .destination = request.destination,
                     .dequantize = request.dequantize,
                     .supported_types = types};
  if (request.packing) fusion.quantization = complete(*request.packing);
  const ConvertReport report = fuse(fusion, progress);
  return {.parameters = report.parameters, .bytes = report.bytes, .bits_per_weight = report.bits_per_weight()};
}

void convert_adapter(const std::string& source, const std::string& destination, AdapterForm form,
                     const std::string& base_model) {
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::symlink_status(destination, ignored))) {
    fail(Errc::invalid_argument, "{}: exists already; choose another folder for the result", destination);
  }
  const Adapter adapter = Adapter::open(source);
  if (form == AdapterForm::mlx)
    export_mlx_adapter(adapter, destination);
  else
    export_peft_adapter(adapter, destination, base_model);
}

}  // namespace etna
