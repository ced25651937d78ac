#include <fmt/core.h>

#include <array>
#include <charconv>
#include <limits>

#include "cli/commands/probe.h"
#include "engine/base/error.h"

namespace etna::cli {

namespace {

/// {"id": addend}.
std::map<std::int32_t, double> logit_bias(Fields& parameters) {
  std::map<std::int32_t, double> result;
  if (!parameters.any("logit_bias")) return result;
  Fields biases = parameters.object("logit_bias");
  for (const auto& [key, value] : biases.raw().items()) {
    std::int32_t id = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
    if (error != std::errc() || end != key.data() + key.size() || id < 0) {
      fail(Errc::invalid_argument, "{}: \"{}\" is no token id", biases.where(), key.substr(0, 60));
    }
    result[id] = biases.number(key.c_str());
  }
  return result;
}

DistributionRequest parameters_of(Fields parameters) {
  constexpr std::int64_t highest = std::numeric_limits<std::int32_t>::max();
  DistributionRequest result;
  result.temp = parameters.number("temp");
  result.top_p = parameters.number_or("top_p", result.top_p);
  result.min_p = parameters.number_or("min_p", result.min_p);
  result.min_tokens_to_keep = parameters.integer_or("min_tokens_to_keep", 0, highest, result.min_tokens_to_keep);
  result.xtc_probability = parameters.number_or("xtc_probability", result.xtc_probability);
  result.xtc_threshold = parameters.number_or("xtc_threshold", result.xtc_threshold);
  result.xtc_special_tokens = parameters.ids_or_none("xtc_special_tokens");
  result.top_k = parameters.integer_or("top_k", 0, highest, result.top_k);
  result.logit_bias = logit_bias(parameters);
  result.repetition_penalty = parameters.number_or("repetition_penalty", result.repetition_penalty);
  result.presence_penalty = parameters.number_or("presence_penalty", result.presence_penalty);
  result.frequency_penalty = parameters.number_or("frequency_penalty", result.frequency_penalty);
  result.repetition_context_size =
      parameters.integer_or("repetition_context_size", 0, highest, result.repetition_context_size);
  result.presence_context_size =
      parameters.integer_or("presence_context_size", 0, highest, result.presence_context_size);
  result.frequency_context_size =
      parameters.integer_or("frequency_context_size", 0, highest, result.frequency_context_size);
  parameters.finish();
  return result;
}

JsonText distribution(Workbench&, Fields& fields) {
  const std::vector<float> logits = fields.floats("logits", max_numbers);
  const std::vector<std::int32_t> context = fields.ids("context", 0);
  const DistributionRequest request = parameters_of(fields.object("params"));
  fields.finish();
  const DistributionAnswer answer = sample_distribution(logits, context, request);
  return JsonText()
      .add("ids", std::span<const std::int32_t>(answer.ids))
      .add("probs", std::span<const double>(answer.probabilities));
}

constexpr std::array table = {NamedOperation{"sample_distribution", distribution}};

}  // namespace

std::span<const NamedOperation> sampling_operations() {
  return table;
}

}  // namespace etna::cli
