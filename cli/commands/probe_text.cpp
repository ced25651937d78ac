#include <fmt/core.h>

#include <array>

#include "cli/commands/probe.h"
#include "engine/base/error.h"
#include "engine/base/json.h"

namespace etna::cli {

namespace {

Specials specials(bool with) {
  return with ? Specials::with : Specials::without;
}

JsonText tokenize(Workbench& bench, Fields& fields) {
  const std::string tokenizer = fields.text_or("tokenizer", "");
  const std::string text = fields.text("text");
  const bool add = fields.boolean_or("add_special_tokens", true);
  fields.finish();
  return JsonText().add("ids", std::span<const std::int32_t>(bench.tokenize(tokenizer, text, specials(add))));
}

JsonText detokenize(Workbench& bench, Fields& fields) {
  const std::string tokenizer = fields.text_or("tokenizer", "");
  const std::vector<std::int32_t> ids = fields.ids("ids", 0);
  const bool skip = fields.boolean_or("skip_special_tokens", true);
  fields.finish();
  return JsonText().add("text", bench.detokenize(tokenizer, ids, specials(!skip)));
}

JsonText detokenize_stream(Workbench& bench, Fields& fields) {
  const std::string tokenizer = fields.text_or("tokenizer", "");
  const std::vector<std::int32_t> ids = fields.ids("ids", 0);
  const bool skip = fields.boolean_or("skip_special_tokens", true);
  fields.finish();
  const StreamedText streamed = bench.detokenize_stream(tokenizer, ids, specials(!skip));
  return JsonText().add("chunks", std::span<const std::string>(streamed.chunks)).add("flush", streamed.flush);
}

/// Objects that keep the order of their keys are searched from the front: with very many keys that would take minutes.
void check_key_counts(const nlohmann::json& value) {
  constexpr std::size_t most = 1000;
  if (value.is_object() && value.size() > most)
    fail(Errc::invalid_argument, "render: an object has more than {} keys", most);
  if (!value.is_structured()) return;
  for (const nlohmann::json& item : value) check_key_counts(item);
}

std::map<std::string, std::string> special_tokens(Fields& fields) {
  Fields tokens = fields.object("special_tokens");
  std::map<std::string, std::string> result;
  for (const auto& [name, token] : tokens.raw().items()) {
    if (!token.is_null()) result[name] = tokens.text(name.c_str());
  }
  return result;
}

JsonText render(Workbench& bench, Fields& fields) {
  RenderRequest request;
  request.template_file = fields.text_or("template", "");
  request.tokenizer = fields.text_or("tokenizer", "");
  request.add_generation_prompt = fields.boolean_or("add_generation_prompt", false);
  request.continue_final_message = fields.boolean_or("continue_final_message", false);
  request.now = fields.text_or("now", "");
  if (fields.any("special_tokens")) request.special_tokens = special_tokens(fields);
  const nlohmann::json* messages = fields.any("messages");
  const nlohmann::json* tools = fields.any("tools");
  const nlohmann::json* variables = fields.any("kwargs");
  fields.finish();
  if (!messages || !messages->is_array()) fail(Errc::invalid_argument, "render: messages must be a list");
  if (tools && !tools->is_array()) fail(Errc::invalid_argument, "render: tools must be a list");
  if (variables && !variables->is_object()) fail(Errc::invalid_argument, "render: kwargs must be an object");
  check_key_counts(fields.raw());

  const nlohmann::ordered_json ordered = parse_ordered_json(fields.source(), "request");
  request.messages = ordered.at("messages").dump();
  if (tools) request.tools = ordered.at("tools").dump();
  if (variables) request.variables = ordered.at("kwargs").dump();
  return JsonText().add("rendered", bench.render(request));
}

constexpr std::array table = {
    NamedOperation{"tokenize", tokenize},
    NamedOperation{"detokenize", detokenize},
    NamedOperation{"detokenize_stream", detokenize_stream},
    NamedOperation{"render", render},
};

}  // namespace

std::span<const NamedOperation> text_operations() {
  return table;
}

}  // namespace etna::cli
