#include "engine/training/data/recipe.h"

#include <fmt/ranges.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/base/error.h"
#include "engine/base/files.h"
#include "engine/base/json.h"
#include "engine/base/yaml.h"

namespace etna::training {

namespace {

using Json = nlohmann::ordered_json;

/// One object of a recipe, read key by key; null counts as absent. What is never asked for nobody knows.
class Keys {
public:
  Keys(const Json& object, std::string where, std::string path = {})
      : object_(object), where_(std::move(where)), path_(std::move(path)) {
    if (!object.is_object())
      fail(Errc::invalid_argument, "{}: {} is no list of keys and values", where_,
           path_.empty() ? "the recipe" : path_);
  }

  const Json* find(const char* key) {
    known_.insert(key);
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }

  std::string text(const char* key, const std::string& fallback = {}) {
    const Json* value = find(key);
    if (!value) return fallback;
    if (!value->is_string()) refuse(key, "a text is wanted");
    return value->get<std::string>();
  }

  bool boolean(const char* key, bool fallback = false) {
    const Json* value = find(key);
    if (!value) return fallback;
    if (!value->is_boolean()) refuse(key, "true or false is wanted");
    return value->get<bool>();
  }

  std::int64_t integer(const char* key, std::int64_t fallback, std::int64_t lowest,
                       std::int64_t highest = std::int64_t{1} << 40) {
    const Json* value = find(key);
    if (!value) return fallback;
    const bool is_whole = value->is_number_float() && std::floor(value->get<double>()) == value->get<double>() &&
                          std::fabs(value->get<double>()) < 1e15;
    if (!value->is_number_integer() && !is_whole) refuse(key, "a whole number is wanted");
    const auto number = is_whole ? static_cast<std::int64_t>(value->get<double>()) : value->get<std::int64_t>();
    if (number < lowest || number > highest) refuse(key, fmt::format("{} to {} is wanted", lowest, highest).c_str());
    return number;
  }

  double number(const char* key, double fallback) {
    const Json* value = find(key);
    return value ? as_number(*value, key) : fallback;
  }

  double as_number(const Json& value, const char* key) const {
    if (!value.is_number() || !std::isfinite(value.get<double>())) refuse(key, "a number is wanted");
    return value.get<double>();
  }

  std::vector<std::string> texts(const char* key) {
    const Json* value = find(key);
    if (!value) return {};
    const bool all =
        value->is_array() && std::ranges::all_of(*value, [](const Json& item) { return item.is_string(); });
    if (!all) refuse(key, "a list of texts is wanted");
    return value->get<std::vector<std::string>>();
  }

  [[noreturn]] void refuse(const char* key, const char* wanted) const {
    std::string shown = object_.at(key).dump(-1, ' ', false, Json::error_handler_t::replace);
    if (shown.size() > 80) shown = shown.substr(0, 80) + "…";
    fail(Errc::invalid_argument, "{}: {}{} is {}; {}", where_, path_, key, shown, wanted);
  }

  /// Throws if there are keys that were not asked for.
  void check_unknown(const char* hint = "") const {
    std::vector<std::string> unknown;
    for (const auto& [key, value] : object_.items()) {
      if (!known_.contains(key)) unknown.push_back(path_ + key.substr(0, 80));
    }
    if (unknown.empty()) return;
    fail(Errc::invalid_argument, "{}: unknown {}: {}{}", where_, unknown.size() == 1 ? "key" : "keys",
         fmt::join(unknown, ", "), hint);
  }

  Keys object(const char* key) { return {*find(key), where_, path_ + key + "."}; }

  const std::string& where() const { return where_; }

private:
  const Json& object_;
  std::string where_, path_;
  std::set<std::string> known_;
};

void read_lora(Keys& keys, LoraOptions& lora) {
  if (!keys.find("lora_parameters")) return;
  Keys parameters = keys.object("lora_parameters");
  lora.rank = parameters.integer("rank", lora.rank, 1, 1 << 16);
  lora.scale = parameters.number("scale", lora.scale);
  lora.dropout = parameters.number("dropout", lora.dropout);
  lora.keys = parameters.texts("keys");
  parameters.check_unknown(" (mlx-lm scales with 'scale', which is alpha / rank)");
}

void read_betas(Keys& arguments, OptimizerOptions& optimizer) {
  const Json* betas = arguments.find("betas");
  if (!betas) return;
  if (!betas->is_array() || betas->size() != 2) arguments.refuse("betas", "two numbers are wanted");
  optimizer.beta1 = arguments.as_number((*betas)[0], "betas");
  optimizer.beta2 = arguments.as_number((*betas)[1], "betas");
}

void read_adafactor(Keys& arguments, OptimizerOptions& optimizer) {
  if (const Json* eps = arguments.find("eps")) {
    if (!eps->is_array() || eps->size() != 2) arguments.refuse("eps", "two numbers are wanted");
    optimizer.eps_squares = arguments.as_number((*eps)[0], "eps");
    optimizer.eps_scale = arguments.as_number((*eps)[1], "eps");
  }
  optimizer.clip_threshold = arguments.number("clip_threshold", optimizer.clip_threshold);
  optimizer.decay_rate = arguments.number("decay_rate", optimizer.decay_rate);
  if (arguments.find("beta_1")) optimizer.first_moment = arguments.number("beta_1", 0);
  optimizer.scale_parameter = arguments.boolean("scale_parameter", optimizer.scale_parameter);
  optimizer.relative_step = arguments.boolean("relative_step", optimizer.relative_step);
  optimizer.warmup_init = arguments.boolean("warmup_init", optimizer.warmup_init);
}

/// MLX's arguments of the optimizer that is chosen; those of others are kept for another run.
OptimizerOptions read_optimizer(Keys& keys) {
  OptimizerOptions optimizer = OptimizerOptions::of(optimizer_named(keys.text("optimizer", "adam")));
  if (!keys.find("optimizer_config")) return optimizer;
  Keys all = keys.object("optimizer_config");
  for (const char* name : {"adam", "adamw", "muon", "sgd", "adafactor"}) all.find(name);
  all.check_unknown(" (known are adam, adamw, muon, sgd and adafactor)");
  if (!all.find(name(optimizer.kind))) return optimizer;
  Keys arguments = all.object(name(optimizer.kind));
  const auto number = [&](const char* key, double& value) { value = arguments.number(key, value); };
  const bool is_adam = optimizer.kind == OptimizerKind::adam || optimizer.kind == OptimizerKind::adamw;
  if (is_adam) {
    read_betas(arguments, optimizer);
    number("eps", optimizer.eps);
    optimizer.bias_correction = arguments.boolean("bias_correction", optimizer.bias_correction);
  } else if (optimizer.kind == OptimizerKind::adafactor) {
    read_adafactor(arguments, optimizer);
  } else {
    number("momentum", optimizer.momentum);
    optimizer.nesterov = arguments.boolean("nesterov", optimizer.nesterov);
    if (optimizer.kind == OptimizerKind::sgd)
      number("dampening", optimizer.dampening);
    else
      optimizer.newton_schulz_steps =
          static_cast<int>(arguments.integer("ns_steps", optimizer.newton_schulz_steps, 1, 100));
  }
  if (optimizer.kind != OptimizerKind::adam) number("weight_decay", optimizer.weight_decay);
  arguments.check_unknown();
  return optimizer;
}

/// mlx-lm gives a schedule's arguments by place: cosine_decay(init, steps, end), exponential_decay(init, rate),
/// step_decay(init, rate, steps), linear_schedule(init, end, steps).
ScheduleOptions read_schedule(Keys& keys) {
  using Kind = ScheduleOptions::Kind;
  ScheduleOptions schedule;
  schedule.initial = keys.number("learning_rate", schedule.initial);
  if (!keys.find("lr_schedule")) return schedule;
  Keys object = keys.object("lr_schedule");
  if (!object.find("name")) fail(Errc::invalid_argument, "{}: lr_schedule.name is missing", keys.where());
  schedule.kind = schedule_named(object.text("name"));
  const Json* arguments = object.find("arguments");
  const std::size_t least = schedule.kind == Kind::cosine_decay || schedule.kind == Kind::exponential_decay ? 2 : 3;
  const std::size_t most = schedule.kind == Kind::exponential_decay ? 2 : 3;
  if (!arguments || !arguments->is_array() || arguments->size() < least || arguments->size() > most) {
    fail(Errc::invalid_argument, "{}: lr_schedule.arguments: {} wants a list of {}{} numbers", keys.where(),
         name(schedule.kind), least, least == most ? "" : " or 3");
  }
  const auto argument = [&](std::size_t i) { return object.as_number((*arguments)[i], "arguments"); };
  const auto steps = [&](std::size_t i) {
    return static_cast<std::int64_t>(std::llround(std::clamp(argument(i), 0.0, 1e15)));
  };
  schedule.initial = argument(0);
  switch (schedule.kind) {
    case Kind::cosine_decay:
      schedule.steps = steps(1);
      if (arguments->size() == 3) schedule.end = argument(2);
      break;
    case Kind::exponential_decay: schedule.rate = argument(1); break;
    case Kind::step_decay:
      schedule.rate = argument(1);
      schedule.steps = steps(2);
      break;
    case Kind::linear:
      schedule.end = argument(1);
      schedule.steps = steps(2);
      break;
    case Kind::constant: break;
  }
  schedule.warmup = object.integer("warmup", 0, 0);
  schedule.warmup_initial = object.number("warmup_init", 0);
  object.check_unknown();
  return schedule;
}

/// mlx-lm's names of columns; none: as the rows say.
void read_features(Keys& keys, std::optional<ColumnMapping>& mapping) {
  const std::string prompt = keys.text("prompt_feature"), completion = keys.text("completion_feature");
  const std::string chat = keys.text("chat_feature"), text = keys.text("text_feature");
  ColumnMapping named;
  if (!prompt.empty() || !completion.empty()) {
    named.columns = {{prompt.empty() ? "prompt" : prompt, ColumnRole::prompt},
                     {completion.empty() ? "completion" : completion, ColumnRole::answer}};
  } else if (!chat.empty()) {
    named.columns = {{chat, ColumnRole::messages}};
  } else if (!text.empty()) {
    named.columns = {{text, ColumnRole::text}};
  }
  if (named.columns.empty()) return;
  if (named.columns[0].role != ColumnRole::text) named.columns.push_back({"tools", ColumnRole::tools});
  mapping = named;
}

void read_columns(Keys& keys, std::optional<ColumnMapping>& mapping) {
  const Json* columns = keys.find("columns");
  if (!columns) return;
  if (!columns->is_object()) keys.refuse("columns", "names of columns with what they are for are wanted");
  ColumnMapping named;
  for (const auto& [column, role] : columns->items()) {
    if (!role.is_string()) keys.refuse("columns", "names of columns with what they are for are wanted");
    named.columns.push_back({column, role_named(role.get<std::string>())});
  }
  mapping = named;
}

void read_data(Keys& keys, Recipe& recipe) {
  DataOptions& data = recipe.data;
  data.path = keys.text("data");
  const bool mask_prompt = keys.boolean("mask_prompt");
  read_features(keys, data.mapping);
  if (keys.find("hf_dataset")) {
    if (keys.find("hf_dataset")->is_array())
      keys.refuse("hf_dataset", "several data sets at once are not supported; put them into one");
    Keys dataset = keys.object("hf_dataset");
    for (const char* key : {"path", "name"}) {
      if (const std::string path = dataset.text(key); !path.empty()) data.path = path;
    }
    read_features(dataset, data.mapping);
    dataset.check_unknown(" (of a downloaded data set 'path' and the names of features are understood)");
  }
  read_columns(keys, data.mapping);
  data.fixes = fixes_named(keys.texts("fixes"));
  data.check_share = keys.number("check_share", 0);
  data.split_seed = static_cast<std::uint64_t>(keys.integer("split_seed", 42, 0));
  data.learn = learn_named(keys.text("learn", mask_prompt ? "last_answer" : "everything"));
  data.pack = keys.boolean("pack");
  recipe.options.batches.answers_only = data.learn != Learn::everything;
  const std::string order = keys.text("batch_order", "length");
  if (order != "length" && order != "file") keys.refuse("batch_order", "length or file is wanted");
  recipe.order = order == "length" ? BatchOrder::by_length : BatchOrder::as_stored;
}

void read_steps(Keys& keys, TrainingOptions& options) {
  options.iterations = keys.integer("iters", options.iterations, 1);
  options.accumulation = keys.integer("grad_accumulation_steps", options.accumulation, 1, 1 << 20);
  options.clip_norm = keys.number("clip_grad_norm", options.clip_norm);
  options.seed = static_cast<std::uint64_t>(keys.integer("seed", 0, 0));
  options.checkpoint_layers = keys.boolean("grad_checkpoint");
  options.activations = keys.text("activations");
  options.batches.batch_size = keys.integer("batch_size", options.batches.batch_size, 1, 1 << 16);
  options.batches.max_sequence_length = keys.integer("max_seq_length", options.batches.max_sequence_length, 2, 1 << 24);
  options.steps_per_report = keys.integer("steps_per_report", options.steps_per_report, 1);
  options.steps_per_check = keys.integer("steps_per_eval", options.steps_per_check, 0);
  options.check_batches = keys.integer("val_batches", options.check_batches, -1);
  options.steps_per_save = keys.integer("save_every", options.steps_per_save, 0);
  options.keep_checkpoints = keys.integer("keep_checkpoints", options.keep_checkpoints, 0);
}

void read_notes(Keys& keys, Recipe& recipe) {
  for (const char* key : {"clear_cache_threshold", "report_to", "project_name", "wandb", "trust_remote_code"}) {
    const Json* value = keys.find(key);
    const bool is_off =
        value == nullptr || (value->is_number() && *value == 0) || (value->is_boolean() && !value->get<bool>());
    if (!is_off) recipe.notes.push_back(fmt::format("{} has no meaning here and is left out.", key));
  }
  keys.find("config");
}

Json parse_object(std::string_view json, const std::string& where) {
  try {
    return parse_ordered_json(json, where, 64);
  } catch (const Error& error) {
    fail(Errc::invalid_argument, "{}", error.what());
  }
}

}  // namespace

Recipe read_recipe(std::string_view text, const std::string& where) {
  const Json json = parse_object(text, where);
  Keys keys(json, where);
  Recipe recipe;
  recipe.model = keys.text("model");
  recipe.adapter_path = keys.text("adapter_path", recipe.adapter_path);
  recipe.resume_adapter_file = keys.text("resume_adapter_file");
  recipe.train = keys.boolean("train");
  recipe.test = keys.boolean("test");
  recipe.test_batches = keys.integer("test_batches", recipe.test_batches, -1);
  TrainingOptions& options = recipe.options;
  options.method = method_named(keys.text("fine_tune_type", "lora"));
  read_lora(keys, options.lora);
  options.layers = keys.integer("num_layers", options.layers, -1, 1 << 20);
  options.optimizer = read_optimizer(keys);
  options.schedule = read_schedule(keys);
  read_steps(keys, options);
  read_data(keys, recipe);
  read_notes(keys, recipe);
  keys.check_unknown();
  options.recipe = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  check(options);
  return recipe;
}

std::string recipe_json(std::string_view yaml, const std::string& where) {
  const Json json = parse_yaml(yaml, where);
  if (json.is_null()) return "{}";
  if (!json.is_object()) fail(Errc::corrupt, "{}: holds no keys with values", where);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string read_recipe_file(const std::filesystem::path& path) {
  const std::string text = read_text_file(path, std::size_t{4} << 20);
  if (path.extension() == ".json") return parse_ordered_json(text, path.string(), 64).dump();
  return recipe_json(text, path.string());
}

std::string recipe_yaml(std::string_view json) {
  return to_yaml(parse_object(json, "recipe"));
}

std::string merged_recipe(std::string_view json, std::string_view more) {
  Json merged = parse_object(json, "recipe");
  const Json additions = parse_object(more, "recipe");
  for (const auto& [key, value] : additions.items()) merged[key] = value;
  return merged.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace etna::training
