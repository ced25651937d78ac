#include <array>
#include <numeric>

#include "cli/commands/probe.h"
#include "engine/base/error.h"
#include "engine/engine.h"

namespace etna::cli {

namespace {

JsonText info(Workbench& bench, Fields& fields) {
  fields.finish();
  return JsonText()
      .add("version", Engine::version())
      .add("device", bench.device())
      .add("activations", bench.activations())
      .add("operations", std::span<const std::string>(operation_names()));
}

JsonText load(Workbench& bench, Fields& fields) {
  bench.unload();  // whatever goes wrong from here on, no model is loaded
  const std::string model = fields.text("model");
  const std::string adapter = fields.text_or("adapter", "");
  fields.finish();
  const ModelInfo loaded = bench.load(model, adapter);
  return JsonText()
      .add("ok", true)
      .add("model_type", loaded.model_type)
      .add("parameters", loaded.parameters)
      .add("weight_bytes", loaded.weight_bytes)
      .add("vocab_size", loaded.vocab_size)
      .add("activations", loaded.activations)
      .add("warnings", std::span<const std::string>(loaded.warnings));
}

JsonText unload(Workbench& bench, Fields& fields) {
  fields.finish();
  bench.unload();
  return JsonText().add("ok", true);
}

JsonText logits(Workbench& bench, Fields& fields) {
  const std::vector<std::int32_t> ids = fields.ids("ids", 1);
  auto positions = fields.indices_or_none("positions");
  fields.finish();
  const std::uint64_t vocab_size = bench.model("logits").vocab_size;
  if (!positions) {
    positions.emplace(ids.size());
    std::iota(positions->begin(), positions->end(), 0);
  }
  for (const std::int64_t position : *positions) {
    if (position >= static_cast<std::int64_t>(ids.size())) {
      fail(Errc::invalid_argument, "logits: position {} is beyond the last of {} ids", position, ids.size());
    }
  }
  if (positions->size() > max_numbers / vocab_size) {
    fail(Errc::invalid_argument, "logits: {} positions of {} numbers are more than the limit of {}", positions->size(),
         vocab_size, max_numbers);
  }
  return JsonText().add("logits", bench.logits(ids, *positions));
}

EndOfText end_of_text(Fields& fields) {
  return fields.boolean_or("ignore_eos", false) ? EndOfText::ignored : EndOfText::stops;
}

constexpr std::int64_t max_tokens_limit = 1'048'576;

JsonText greedy(Workbench& bench, Fields& fields) {
  const std::vector<std::int32_t> ids = fields.ids("ids", 1);
  const std::int64_t max_tokens = fields.integer("max_tokens", 1, max_tokens_limit);
  const EndOfText end = end_of_text(fields);
  const bool last_logits = fields.boolean_or("last_logits", false);
  fields.finish();
  const GreedyAnswer answer =
      bench.greedy(ids, max_tokens, end, last_logits ? LastLogits::wanted : LastLogits::omitted);
  JsonText text;
  text.add("ids", std::span<const std::int32_t>(answer.ids))
      .add("stop", answer.stopped_at_end_of_text ? "eos" : "length");
  if (last_logits) text.add("last_logits", std::span<const float>(answer.last_logits));
  return text;
}

JsonText greedy_batch(Workbench& bench, Fields& fields) {
  const auto prompts = fields.rows_of_ids("prompts");
  const std::int64_t max_tokens = fields.integer("max_tokens", 1, max_tokens_limit);
  const EndOfText end = end_of_text(fields);
  fields.finish();
  return JsonText().add("ids", bench.greedy_batch(prompts, max_tokens, end));
}

constexpr std::array table = {
    NamedOperation{"info", info},     NamedOperation{"load", load},     NamedOperation{"unload", unload},
    NamedOperation{"logits", logits}, NamedOperation{"greedy", greedy}, NamedOperation{"greedy_batch", greedy_batch},
};

}  // namespace

std::span<const NamedOperation> model_operations() {
  return table;
}

}  // namespace etna::cli
