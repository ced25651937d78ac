#include "engine/training/options.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "engine/base/error.h"
#include "engine/base/json.h"

namespace etna::training {

namespace {

using nlohmann::json;

template <class Value>
struct Named {
  const char* name;
  Value value;
};

constexpr Named<Method> methods[]{{"lora", Method::lora}, {"dora", Method::dora}, {"full", Method::full}};

constexpr Named<OptimizerKind> optimizers[]{{"sgd", OptimizerKind::sgd},
                                            {"adam", OptimizerKind::adam},
                                            {"adamw", OptimizerKind::adamw},
                                            {"adafactor", OptimizerKind::adafactor},
                                            {"muon", OptimizerKind::muon}};

constexpr Named<ScheduleOptions::Kind> schedules[]{{"constant", ScheduleOptions::Kind::constant},
                                                   {"cosine_decay", ScheduleOptions::Kind::cosine_decay},
                                                   {"exponential_decay", ScheduleOptions::Kind::exponential_decay},
                                                   {"step_decay", ScheduleOptions::Kind::step_decay},
                                                   {"linear_schedule", ScheduleOptions::Kind::linear}};

template <class Table>
auto find_named(const Table& table, std::string_view name, const char* what) {
  const auto found = std::ranges::find_if(table, [&](const auto& entry) { return entry.name == name; });
  if (found != std::ranges::end(table)) return found->value;
  std::string known;
  for (const auto& entry : table) known += (known.empty() ? "" : ", ") + std::string(entry.name);
  fail(Errc::invalid_argument, "{} '{}': known are {}", what, name, known);
}

template <class Table, class Value>
const char* name_in(const Table& table, Value value) {
  return std::ranges::find_if(table, [&](const auto& entry) { return entry.value == value; })->name;
}

template <class Number>
void require(bool fits, const char* field, Number value, const char* wanted) {
  if (!fits) fail(Errc::invalid_argument, "{} is {}, {} is wanted", field, value, wanted);
}

void check(const OptimizerOptions& optimizer) {
  const auto share = [](const char* field, double value) {
    require(value >= 0 && value < 1, field, value, "a number from 0 to below 1");
  };
  require(std::isfinite(optimizer.weight_decay) && optimizer.weight_decay >= 0, "weight_decay", optimizer.weight_decay,
          "a number from 0 on");
  share("betas[0]", optimizer.beta1);
  share("betas[1]", optimizer.beta2);
  require(optimizer.eps >= 0, "eps", optimizer.eps, "a number from 0 on");
  require(optimizer.momentum >= 0 && std::isfinite(optimizer.momentum), "momentum", optimizer.momentum,
          "a number from 0 on");
  require(optimizer.newton_schulz_steps >= 1, "ns_steps", optimizer.newton_schulz_steps, "at least 1");
  require(optimizer.clip_threshold > 0, "clip_threshold", optimizer.clip_threshold, "a number above 0");
  require(optimizer.eps_squares >= 0 && optimizer.eps_scale >= 0, "eps", optimizer.eps_squares,
          "two numbers from 0 on");
  if (optimizer.first_moment) share("beta_1", *optimizer.first_moment);
  if (optimizer.kind == OptimizerKind::adam && optimizer.weight_decay != 0) {
    fail(Errc::invalid_argument, "weight_decay is {}, but Adam has none: adamw is what has", optimizer.weight_decay);
  }
  if (optimizer.kind == OptimizerKind::sgd && optimizer.nesterov &&
      (optimizer.momentum <= 0 || optimizer.dampening != 0)) {
    fail(Errc::invalid_argument, "nesterov wants a momentum above 0 and a dampening of 0");
  }
}

void check(const ScheduleOptions& schedule) {
  const auto rate = [](const char* field, double value) { require(std::isfinite(value), field, value, "a number"); };
  rate("learning_rate", schedule.initial);
  rate("lr_schedule.arguments", schedule.end);
  rate("lr_schedule.arguments", schedule.rate);
  rate("lr_schedule.warmup_init", schedule.warmup_initial);
  require(schedule.steps >= 1, "lr_schedule.arguments", schedule.steps, "at least 1 step");
  require(schedule.warmup >= 0, "lr_schedule.warmup", schedule.warmup, "0 or more steps");
}

/// The optimizer's own arguments under MLX's names.
json optimizer_arguments(const OptimizerOptions& optimizer) {
  switch (optimizer.kind) {
    case OptimizerKind::sgd:
      return {{"momentum", optimizer.momentum},
              {"weight_decay", optimizer.weight_decay},
              {"dampening", optimizer.dampening},
              {"nesterov", optimizer.nesterov}};
    case OptimizerKind::adam:
      return {{"betas", {optimizer.beta1, optimizer.beta2}},
              {"eps", optimizer.eps},
              {"bias_correction", optimizer.bias_correction}};
    case OptimizerKind::adamw:
      return {{"betas", {optimizer.beta1, optimizer.beta2}},
              {"eps", optimizer.eps},
              {"weight_decay", optimizer.weight_decay},
              {"bias_correction", optimizer.bias_correction}};
    case OptimizerKind::muon:
      return {{"momentum", optimizer.momentum},
              {"weight_decay", optimizer.weight_decay},
              {"nesterov", optimizer.nesterov},
              {"ns_steps", optimizer.newton_schulz_steps}};
    case OptimizerKind::adafactor: break;
  }
  return {{"eps", {optimizer.eps_squares, optimizer.eps_scale}},
          {"clip_threshold", optimizer.clip_threshold},
          {"decay_rate", optimizer.decay_rate},
          {"beta_1", optimizer.first_moment ? json(*optimizer.first_moment) : json()},
          {"weight_decay", optimizer.weight_decay},
          {"scale_parameter", optimizer.scale_parameter},
          {"relative_step", optimizer.relative_step},
          {"warmup_init", optimizer.warmup_init}};
}

/// null for a constant rate without warm-up.
json schedule_arguments(const ScheduleOptions& schedule) {
  using Kind = ScheduleOptions::Kind;
  json arguments = json::array({schedule.initial});
  switch (schedule.kind) {
    case Kind::constant:
      if (schedule.warmup == 0) return nullptr;
      // mlx-lm has no constant schedule: a factor of 1 is one.
      return {{"name", "exponential_decay"},
              {"arguments", {schedule.initial, 1.0}},
              {"warmup", schedule.warmup},
              {"warmup_init", schedule.warmup_initial}};
    case Kind::cosine_decay: arguments.insert(arguments.end(), {schedule.steps, schedule.end}); break;
    case Kind::exponential_decay: arguments.push_back(schedule.rate); break;
    case Kind::step_decay: arguments.insert(arguments.end(), {schedule.rate, schedule.steps}); break;
    case Kind::linear: arguments.insert(arguments.end(), {schedule.end, schedule.steps}); break;
  }
  json result{{"name", name(schedule.kind)}, {"arguments", arguments}};
  if (schedule.warmup > 0) result.update({{"warmup", schedule.warmup}, {"warmup_init", schedule.warmup_initial}});
  return result;
}

}  // namespace

Method method_named(std::string_view name) {
  return find_named(methods, name, "fine_tune_type");
}

const char* name(Method method) {
  return name_in(methods, method);
}

OptimizerKind optimizer_named(std::string_view name) {
  return find_named(optimizers, name, "optimizer");
}

const char* name(OptimizerKind kind) {
  return name_in(optimizers, kind);
}

ScheduleOptions::Kind schedule_named(std::string_view name) {
  return find_named(schedules, name, "lr_schedule.name");
}

const char* name(ScheduleOptions::Kind kind) {
  return name_in(schedules, kind);
}

OptimizerOptions OptimizerOptions::of(OptimizerKind kind) {
  OptimizerOptions options{.kind = kind};
  if (kind == OptimizerKind::adamw || kind == OptimizerKind::muon) options.weight_decay = 0.01;
  if (kind == OptimizerKind::muon) {
    options.momentum = 0.95;
    options.nesterov = true;
  }
  return options;
}

double ScheduleOptions::learning_rate(std::int64_t step) const {
  if (warmup > 0 && step <= warmup) {
    return warmup_initial + (initial - warmup_initial) * static_cast<double>(step) / static_cast<double>(warmup);
  }
  const std::int64_t own = warmup > 0 ? step - warmup - 1 : step;
  const double done = static_cast<double>(std::min(own, steps)) / static_cast<double>(steps);
  switch (kind) {
    case Kind::constant: break;
    case Kind::cosine_decay: return end + 0.5 * (1 + std::cos(std::numbers::pi * done)) * (initial - end);
    case Kind::exponential_decay: return initial * std::pow(rate, static_cast<double>(own));
    case Kind::step_decay: return initial * std::pow(rate, static_cast<double>(own / steps));
    case Kind::linear: return initial + (end - initial) * done;
  }
  return initial;
}

void check(const TrainingOptions& options) {
  if (options.method != Method::full) {
    require(options.lora.rank >= 1 && options.lora.rank <= 1 << 16, "lora_parameters.rank", options.lora.rank,
            "a number from 1 to 65536");
    require(std::isfinite(options.lora.scale), "lora_parameters.scale", options.lora.scale, "a number");
    require(options.lora.dropout >= 0 && options.lora.dropout < 1, "lora_parameters.dropout", options.lora.dropout,
            "a number from 0 to below 1");
  }
  check(options.optimizer);
  check(options.schedule);
  require(options.iterations >= 1, "iters", options.iterations, "at least 1");
  require(options.accumulation >= 1, "grad_accumulation_steps", options.accumulation, "at least 1");
  require(options.clip_norm >= 0 && std::isfinite(options.clip_norm), "clip_grad_norm", options.clip_norm,
          "a number from 0 on");
  require(options.batches.batch_size >= 1, "batch_size", options.batches.batch_size, "at least 1");
  require(options.batches.max_sequence_length >= 2, "max_seq_length", options.batches.max_sequence_length,
          "at least 2");
  require(options.steps_per_report >= 1, "steps_per_report", options.steps_per_report, "at least 1");
  require(options.steps_per_check >= 0, "steps_per_eval", options.steps_per_check, "0 or more");
  require(options.steps_per_save >= 0, "save_every", options.steps_per_save, "0 or more");
  require(options.keep_checkpoints >= 0, "keep_checkpoints", options.keep_checkpoints, "0 or more");
}

std::string adapter_config(const TrainingOptions& options) {
  json config = parse_json(options.recipe.empty() ? "{}" : options.recipe, "recipe");
  if (!config.is_object()) fail(Errc::invalid_argument, "recipe: no JSON object");
  config["fine_tune_type"] = name(options.method);
  config["num_layers"] = options.layers;
  config["optimizer"] = name(options.optimizer.kind);
  config["optimizer_config"] = {{name(options.optimizer.kind), optimizer_arguments(options.optimizer)}};
  config["learning_rate"] = options.schedule.initial;
  config["lr_schedule"] = schedule_arguments(options.schedule);
  config["iters"] = options.iterations;
  config["grad_accumulation_steps"] = options.accumulation;
  config["grad_checkpoint"] = options.checkpoint_layers;
  config["seed"] = options.seed;
  config["batch_size"] = options.batches.batch_size;
  config["max_seq_length"] = options.batches.max_sequence_length;
  config["mask_prompt"] = options.batches.answers_only;
  config["steps_per_report"] = options.steps_per_report;
  config["steps_per_eval"] = options.steps_per_check;
  config["val_batches"] = options.check_batches;
  config["save_every"] = options.steps_per_save;
  config["lora_parameters"] = nullptr;
  if (options.clip_norm > 0) config["clip_grad_norm"] = options.clip_norm;
  if (options.method != Method::full) {
    config["lora_parameters"] = {
        {"rank", options.lora.rank}, {"dropout", options.lora.dropout}, {"scale", options.lora.scale}};
    if (!options.lora.keys.empty()) config["lora_parameters"]["keys"] = options.lora.keys;
  }
  return config.dump(4) + "\n";
}

}  // namespace etna::training
