#include <array>

#include "cli/commands/probe.h"
#include "engine/base/error.h"

namespace etna::cli {

namespace {

constexpr std::int64_t max_steps = 100'000;

/// [offset, length] of each row.
std::vector<std::pair<std::int64_t, std::int64_t>> lengths(Fields& fields) {
  const nlohmann::json* value = fields.any("lengths");
  const auto refuse = [&] {
    fail(Errc::invalid_argument, "{}: lengths must be a list of [offset, length], one for each row", fields.where());
  };
  if (!value || !value->is_array()) refuse();
  std::vector<std::pair<std::int64_t, std::int64_t>> result;
  for (const nlohmann::json& row : *value) {
    const auto is_size = [](const nlohmann::json& number) {
      return number.is_number_unsigned() && number.get<std::uint64_t>() <= max_ids;
    };
    if (!row.is_array() || row.size() != 2 || !is_size(row[0]) || !is_size(row[1])) refuse();
    result.emplace_back(row[0].get<std::int64_t>(), row[1].get<std::int64_t>());
  }
  return result;
}

TrainStepsRequest::Optimizer optimizer(Fields fields) {
  TrainStepsRequest::Optimizer result;
  result.name = fields.text("name");
  result.learning_rate = fields.number("learning_rate");
  if (const nlohmann::json* betas = fields.any("betas")) {
    if (!betas->is_array() || betas->size() != 2 || !(*betas)[0].is_number() || !(*betas)[1].is_number()) {
      fail(Errc::invalid_argument, "{}: betas must be two numbers", fields.where());
    }
    result.beta1 = (*betas)[0].get<double>();
    result.beta2 = (*betas)[1].get<double>();
  }
  result.eps = fields.number_or("eps", result.eps);
  result.weight_decay = fields.number_or("weight_decay", result.weight_decay);
  result.bias_correction = fields.boolean_or("bias_correction", false);
  fields.finish();
  return result;
}

JsonText train_steps(Workbench& bench, Fields& fields) {
  TrainStepsRequest request;
  request.model = fields.text("model");
  request.adapter = fields.text_or("adapter", "");
  request.layers = fields.integer_or("num_layers", -1, max_steps, -1);
  request.batch = fields.rows_of_ids("batch");
  request.lengths = lengths(fields);
  request.optimizer = optimizer(fields.object("optimizer"));
  request.steps = fields.integer("steps", 1, max_steps);
  request.gradients_out = fields.text_or("gradients_out", "");
  request.adapter_out = fields.text_or("adapter_out", "");
  fields.finish();
  const std::vector<float> losses = bench.train_steps(request);
  return JsonText().add("losses", std::span<const float>(losses));
}

constexpr std::array table = {NamedOperation{"train_steps", train_steps}};

}  // namespace

std::span<const NamedOperation> training_operations() {
  return table;
}

}  // namespace etna::cli
