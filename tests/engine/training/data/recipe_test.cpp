#include "engine/training/data/recipe.h"

#include <gtest/gtest.h>

#include "engine/io/starter_model.h"
#include "tests/engine/io/fails_with.h"
#include "tests/engine/io/temporary_folder.h"

namespace etna::training {
namespace {

Recipe read(const std::string& json) {
  return read_recipe(json, "recipe");
}

Recipe read_yaml(const std::string& yaml) {
  return read_recipe(recipe_json(yaml, "lora.yaml"), "lora.yaml");
}

void refused(const std::string& json, std::initializer_list<const char*> parts) {
  test::expect_failure([&] { read(json); }, Errc::invalid_argument, parts);
}

TEST(Recipes, without_keys_all_is_as_in_mlx) {
  const Recipe recipe = read("{}");
  EXPECT_EQ(recipe.options.lora.rank, 8);
  EXPECT_EQ(recipe.options.lora.scale, 20);
  EXPECT_EQ(recipe.options.layers, 16);
  EXPECT_EQ(recipe.options.iterations, 1000);
  EXPECT_EQ(recipe.options.batches.batch_size, 4);
  EXPECT_EQ(recipe.options.schedule.initial, 1e-5);
  EXPECT_EQ(recipe.adapter_path, "adapters");
  EXPECT_EQ(recipe.data.learn, Learn::everything);
  EXPECT_FALSE(recipe.train);
}

TEST(Recipes, a_file_of_mlx_is_understood) {
  const Recipe recipe = read_yaml(R"(# a comment
model: "org/name"
train: true
fine_tune_type: dora
optimizer: adamw
optimizer_config:
  adam: {}
  adamw:
    betas: [0.9, 0.98]
    eps: 1e-6
    weight_decay: 0.05
    bias_correction: true
data: /data/wikisql
seed: 7
num_layers: -1
batch_size: 2
iters: 100
val_batches: 25
learning_rate: 1e-4
steps_per_report: 5
steps_per_eval: 20
resume_adapter_file: null
adapter_path: "out"
save_every: 50
test: false
test_batches: 100
max_seq_length: 512
grad_checkpoint: true
grad_accumulation_steps: 4
mask_prompt: yes
lora_parameters:
  keys: ["self_attn.q_proj", "self_attn.v_proj"]
  rank: 4
  scale: 10.0
  dropout: 0.1
lr_schedule:
  name: cosine_decay
  warmup: 100
  warmup_init: 1e-7
  arguments: [1e-5, 1000, 1e-7]
)");
  const TrainingOptions& options = recipe.options;
  EXPECT_EQ(recipe.model, "org/name");
  EXPECT_TRUE(recipe.train);
  EXPECT_EQ(options.method, Method::dora);
  EXPECT_EQ(options.optimizer.kind, OptimizerKind::adamw);
  EXPECT_EQ(options.optimizer.beta2, 0.98);
  EXPECT_EQ(options.optimizer.weight_decay, 0.05);
  EXPECT_TRUE(options.optimizer.bias_correction);
  EXPECT_EQ(recipe.data.path, "/data/wikisql");
  EXPECT_EQ(options.seed, 7u);
  EXPECT_EQ(options.layers, -1);
  EXPECT_EQ(options.accumulation, 4);
  EXPECT_TRUE(options.checkpoint_layers);
  EXPECT_EQ(recipe.data.learn, Learn::last_answer);
  EXPECT_EQ(options.lora.keys, (std::vector<std::string>{"self_attn.q_proj", "self_attn.v_proj"}));
  EXPECT_EQ(options.lora.dropout, 0.1);
  EXPECT_EQ(options.schedule.kind, ScheduleOptions::Kind::cosine_decay);
  EXPECT_EQ(options.schedule.steps, 1000);
  EXPECT_EQ(options.schedule.warmup, 100);
  EXPECT_DOUBLE_EQ(options.schedule.end, 1e-7);
}

TEST(Recipes, schedules_take_their_arguments_by_place) {
  EXPECT_EQ(
      read(R"({"lr_schedule": {"name": "linear_schedule", "arguments": [1e-4, 1e-6, 50]}})").options.schedule.steps,
      50);
  EXPECT_EQ(read(R"({"lr_schedule": {"name": "step_decay", "arguments": [1e-4, 0.5, 50]}})").options.schedule.rate,
            0.5);
  EXPECT_EQ(read(R"({"lr_schedule": {"name": "exponential_decay", "arguments": [1e-4, 0.9]}})").options.schedule.rate,
            0.9);
  refused(R"({"lr_schedule": {"name": "exponential_decay", "arguments": [1e-4]}})",
          {"lr_schedule.arguments", "2 numbers"});
  refused(R"({"lr_schedule": {"name": "stairs", "arguments": []}})", {"stairs"});
  refused(R"({"lr_schedule": {"arguments": []}})", {"lr_schedule.name is missing"});
}

TEST(Recipes, keys_that_nobody_knows_are_named) {
  refused(R"({"iterations": 5, "rank": 3})", {"recipe: unknown keys: iterations, rank"});
  refused(R"({"lora_parameters": {"alpha": 16}})", {"lora_parameters.alpha", "scale"});
  refused(R"({"optimizer": "adam", "optimizer_config": {"adam": {"momentum": 1}}})",
          {"optimizer_config.adam.momentum"});
  refused(R"({"optimizer_config": {"lion": {}}})", {"optimizer_config.lion"});
  EXPECT_EQ(read(R"({"report_to": "wandb", "clear_cache_threshold": 0})").notes.size(), 1u);
}

TEST(Recipes, values_of_the_wrong_kind_are_named) {
  refused(R"({"iters": "many"})", {"iters is \"many\"", "whole number"});
  refused(R"({"iters": 0})", {"iters is 0"});
  refused(R"({"batch_size": 1.5})", {"batch_size is 1.5"});
  refused(R"({"mask_prompt": 1})", {"mask_prompt", "true or false"});
  refused(R"({"fine_tune_type": "qlora"})", {"qlora", "dora"});
  refused(R"({"lora_parameters": {"keys": [1]}})", {"lora_parameters.keys", "list of texts"});
  refused(R"([])", {"no list of keys"});
  refused(R"({"hf_dataset": {"path": "a/b", "train_split": "train[:80%]"}})", {"hf_dataset.train_split"});
}

TEST(Recipes, columns_are_named_as_mlx_does_or_in_full) {
  EXPECT_EQ(read(R"({"prompt_feature": "q", "completion_feature": "a"})").data.mapping->kind(), DataKind::completions);
  EXPECT_EQ(read(R"({"chat_feature": "talk"})").data.mapping->columns[0].name, "talk");
  EXPECT_EQ(read(R"({"hf_dataset": {"path": "a/b", "text_feature": "body"}})").data.mapping->kind(), DataKind::text);
  const Recipe recipe = read(
      R"({"columns": {"q": "prompt", "a": "answer", "s": "system"}, "fixes": ["skip_long"], "check_share": 0.05, "learn": "all_answers", "pack": true})");
  EXPECT_EQ(recipe.data.mapping->columns.size(), 3u);
  EXPECT_TRUE(recipe.data.fixes.skip_long);
  EXPECT_EQ(recipe.data.learn, Learn::all_answers);
}

TEST(Recipes, a_written_file_says_the_same) {
  const std::string json =
      R"({"model":"a: b","iters":100,"learning_rate":1e-05,"mask_prompt":true,"lora_parameters":{"keys":["q","v"],"rank":4},"resume_adapter_file":null,"data":"true"})";
  EXPECT_EQ(recipe_json(recipe_yaml(json), "written"), json);
}

TEST(Recipes, what_is_given_later_counts) {
  const Recipe recipe = read(merged_recipe(R"({"iters": 5, "seed": 1})", R"({"iters": 7})"));
  EXPECT_EQ(recipe.options.iterations, 7);
  EXPECT_EQ(recipe.options.seed, 1u);
}

TEST(Recipes, open_the_batches_of_their_data) {
  const test::TemporaryFolder folder;
  std::string rows;
  for (int i = 0; i < 40; ++i)
    rows += R"({"prompt": "question )" + std::to_string(i) +
            R"(", "completion": "answer"})"
            "\n";
  const auto path = folder.write("train.jsonl", rows);
  const auto tokenizer = Tokenizer::load(starter_model_folder());
  const RecipeData data = open_recipe_data(
      read(R"({"data": ")" + path.string() + R"(", "check_share": 0.1, "mask_prompt": true})"), tokenizer);
  EXPECT_EQ(data.examples, 36u);
  EXPECT_EQ(data.train->batches(), 9);
  ASSERT_TRUE(data.valid);
  EXPECT_EQ(data.valid->batches(), 1);
  EXPECT_TRUE(data.warnings.empty());
  EXPECT_FALSE(open_recipe_data(read(R"({"data": ")" + path.string() + "\"}"), tokenizer).valid);
  test::expect_failure([&] { open_recipe_data(read("{}"), tokenizer); }, Errc::invalid_argument, {"data"});
  test::expect_failure([&] { open_recipe_data(read(R"({"data": "nobody/nothing-here"})"), tokenizer); },
                       Errc::not_found, {"nobody/nothing-here"});
  test::expect_failure([&] { open_recipe_test(read(R"({"data": ")" + path.string() + "\"}"), tokenizer); },
                       Errc::not_found, {"test.jsonl"});
}

}  // namespace
}  // namespace etna::training
