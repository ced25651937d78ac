#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/progress.h"
#include "engine/training/batch.h"
#include "engine/training/data/record_batches.h"
#include "engine/training/options.h"

namespace etna::training {

/// Everything about a run that a file can say: mlx-lm's configuration (mlx_lm/lora.py), as the terminal, the wizard and
/// runs share it.
struct Recipe {
  std::string model;  ///< empty: the caller's
  std::string adapter_path = "adapters";
  std::string resume_adapter_file;  ///< weights to begin with; empty: none
  bool train = false;
  bool test = false;
  std::int64_t test_batches = 500;  ///< -1: all
  TrainingOptions options;          ///< options.recipe holds all keys of the file
  DataOptions data;
  BatchOrder order = BatchOrder::by_length;
  std::vector<std::string> notes;  ///< sentences: keys that change nothing here
};

/// A recipe of a JSON object with mlx-lm's keys; absent and null ones have mlx-lm's defaults. Etna's own keys:
///
///   activations        "f32", "f16", "bf16"
///   clip_grad_norm     gradients together are at most so long; 0: as long as they are
///   keep_checkpoints   the latest so many stay; 0: all
///   columns            {column: "prompt" | "answer" | "system" | "text" | "messages" | "tools" | "ignore"}
///   fixes              ["skip_unreadable", …], see names(DataFixes)
///   check_share        share of the rows kept for checking where there is no valid file
///   split_seed         which ones
///   learn              "everything", "last_answer" (mask_prompt: true), "all_answers"
///   pack               true: short texts share rows
///   batch_order        "length" or "file"
///
/// Throws invalid_argument, naming `where` and the key, for values of the wrong type or out of range, and for keys that
/// nobody knows, with all of them.
Recipe read_recipe(std::string_view json, const std::string& where);

/// The YAML of a recipe file as the JSON object that read_recipe takes. Throws corrupt, naming line and key.
std::string recipe_json(std::string_view yaml, const std::string& where);

/// A file: YAML, or JSON where its name says so. Throws not_found, io and as recipe_json.
std::string read_recipe_file(const std::filesystem::path& path);

/// The JSON object as a file that read_recipe_file and mlx-lm read.
std::string recipe_yaml(std::string_view json);

/// Members of `more` (an object) in the place of those of `json`: options of the command line before those of a file.
std::string merged_recipe(std::string_view json, std::string_view more);

/// The rows of a recipe's data, opened: a path, or a data set "owner/name" in the Hugging Face cache. Throws as
/// DataSet::open.
std::shared_ptr<const DataSet> open_recipe_rows(const Recipe& recipe);

/// The batches that a recipe's data makes.
struct RecipeData {
  std::shared_ptr<const DataSet> data;
  std::unique_ptr<BatchSource> train;
  std::unique_ptr<BatchSource> valid;  ///< null: there are no rows for checking
  std::uint64_t examples = 0;          ///< of training
  std::uint64_t skipped = 0;           ///< rows of training that are left out
  std::vector<std::string> warnings;   ///< sentences: no check rows, rows that are cut
};

/// Opens the data and reads it once. Throws as DataSet::open and ExampleList::read; invalid_argument where there are
/// too few rows.
RecipeData open_recipe_data(const Recipe& recipe, std::shared_ptr<const Tokenizer> tokenizer,
                            const Progress& progress = {});

/// The batches of the test rows. Throws not_found where there are none.
std::unique_ptr<BatchSource> open_recipe_test(const Recipe& recipe, std::shared_ptr<const Tokenizer> tokenizer,
                                              const Progress& progress = {});

}  // namespace etna::training
