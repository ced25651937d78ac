#include <fmt/core.h>

#include "engine/base/error.h"
#include "engine/io/model_catalog.h"
#include "engine/training/data/recipe.h"

namespace etna::training {

namespace {

/// "owner/name" that is no folder here may be a data set in the Hugging Face cache.
std::filesystem::path found_data(const std::filesystem::path& path) {
  if (path.empty())
    fail(Errc::invalid_argument, "data: no data was named; a folder with train.jsonl is wanted, or a file");
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) return path;
  const std::string name = path.string();
  const std::size_t slash = name.find('/');
  const bool is_repository = slash != name.npos && slash > 0 && slash + 1 < name.size() &&
                             name.find('/', slash + 1) == name.npos && name[0] != '.';
  if (!is_repository) fail(Errc::not_found, "data: {}: there is no such file or folder", name);
  const std::filesystem::path folder =
      hugging_face_cache() / ("datasets--" + name.substr(0, slash) + "--" + name.substr(slash + 1));
  if (std::filesystem::is_directory(folder, ignored)) return folder;
  fail(Errc::not_found, "data: {}: there is no such folder, and the data set was not downloaded to {}", name,
       hugging_face_cache().string());
}

RecordBatchOptions batch_options(const Recipe& recipe) {
  return {.batch_size = recipe.options.batches.batch_size,
          .limit = recipe.options.batches.max_sequence_length,
          .seed = recipe.options.seed,
          .order = recipe.order,
          .pack = recipe.data.pack};
}

/// Rows for checking: in an order of their own that is the same each time, so that checks can be compared.
std::unique_ptr<BatchSource> check_batches(const Recipe& recipe, std::shared_ptr<const DataSet> data, DataPart part,
                                           std::shared_ptr<const ExampleEncoder> encoder, const Progress& progress) {
  RecordBatchOptions options = batch_options(recipe);
  options.order = BatchOrder::by_length;
  options.may_be_small = true;
  const auto list = ExampleList::read(std::move(data), part, std::move(encoder), options.limit, progress);
  return list->size() == 0 ? nullptr : std::make_unique<RecordBatches>(list, options);
}

std::uint64_t longer_than(const ExampleList& list, std::int64_t limit) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < list.size(); ++i) count += list.length(i) > limit;
  return count;
}

}  // namespace

std::shared_ptr<const DataSet> open_recipe_rows(const Recipe& recipe) {
  DataOptions options = recipe.data;
  options.path = found_data(options.path);
  return DataSet::open(std::move(options));
}

RecipeData open_recipe_data(const Recipe& recipe, std::shared_ptr<const Tokenizer> tokenizer,
                            const Progress& progress) {
  RecipeData result;
  result.data = open_recipe_rows(recipe);
  const auto encoder = std::make_shared<const ExampleEncoder>(std::move(tokenizer), recipe.data.learn);
  const RecordBatchOptions options = batch_options(recipe);
  if (!result.data->has(DataPart::train))
    fail(Errc::not_found, "{}: there are no rows for training", recipe.data.path.string());
  const auto list = ExampleList::read(result.data, DataPart::train, encoder, options.limit, progress);
  result.examples = list->size();
  result.skipped = list->skipped();
  if (const std::uint64_t cut = longer_than(*list, options.limit); cut > 0 && !options.pack) {
    result.warnings.push_back(fmt::format("{} of {} rows are longer than {} tokens and are cut at the end.",
                                          grouped(cut), grouped(list->size()),
                                          grouped(static_cast<std::uint64_t>(options.limit))));
  }
  if (result.skipped > 0) result.warnings.push_back(fmt::format("{} rows are left out.", grouped(result.skipped)));
  result.train = std::make_unique<RecordBatches>(list, options);
  if (result.data->has(DataPart::valid))
    result.valid = check_batches(recipe, result.data, DataPart::valid, encoder, progress);
  if (!result.valid)
    result.warnings.emplace_back("There are no rows for checking, so nobody sees when the model begins to memorise.");
  return result;
}

std::unique_ptr<BatchSource> open_recipe_test(const Recipe& recipe, std::shared_ptr<const Tokenizer> tokenizer,
                                              const Progress& progress) {
  const auto data = open_recipe_rows(recipe);
  auto encoder = std::make_shared<const ExampleEncoder>(std::move(tokenizer), recipe.data.learn);
  auto batches =
      data->has(DataPart::test) ? check_batches(recipe, data, DataPart::test, std::move(encoder), progress) : nullptr;
  if (!batches) fail(Errc::not_found, "{}: there are no rows for testing (test.jsonl)", recipe.data.path.string());
  return batches;
}

}  // namespace etna::training
