#include "engine/generation/tool_calls.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/base/json.h"
#include "engine/generation/tool_call_bodies.h"

namespace etna {

namespace {

using nlohmann::json;

/// "type" of a parameter: a name, or a list of which null only says that it may be absent.
std::string type_of(const json& parameter) {
  if (!parameter.is_object() || !parameter.contains("type")) return {};
  const json& type = parameter["type"];
  if (type.is_string()) return type.get<std::string>();
  if (!type.is_array()) return {};
  for (const json& name : type) {
    if (name.is_string() && name != "null") return name.get<std::string>();
  }
  return {};
}

const json* member(const json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

}  // namespace

ToolSchemas ToolSchemas::parse(std::string_view tools) {
  ToolSchemas result;
  const json list = parse_json(tools, "tools");
  if (!list.is_array()) return result;
  for (const json& tool : list) {
    const json* nested = member(tool, "function");
    const json& function = nested ? *nested : tool;
    const json* name = member(function, "name");
    const json* parameters = member(function, "parameters");
    const json* properties = parameters ? member(*parameters, "properties") : nullptr;
    if (!name || !name->is_string() || !properties || !properties->is_object()) continue;
    auto& types = result.types_[name->get<std::string>()];
    for (const auto& [key, parameter] : properties->items()) types[key] = type_of(parameter);
  }
  return result;
}

std::string_view ToolSchemas::type(const std::string& tool, const std::string& parameter) const {
  const auto found = types_.find(tool);
  if (found == types_.end()) return {};
  const auto type = found->second.find(parameter);
  return type == found->second.end() ? std::string_view() : type->second;
}

std::span<const ToolCallFormat> tool_call_formats() {
  namespace bodies = tool_call_bodies;
  // The order and the marks of the first ten are mlx-lm's (formats.md §1.7); the notations between the marks are those
  // that the models' own chat templates write.
  static const std::vector<ToolCallFormat> formats = {
      {"minimax_m2", {"<minimax:tool_call>"}, {{"<minimax:tool_call>"}}, "</minimax:tool_call>", bodies::minimax_m2},
      {"gemma4", {"<|tool_call>", "<tool_call|>"}, {{"<|tool_call>"}}, "<tool_call|>", bodies::gemma4},
      {"function_gemma",
       {"<start_function_call>"},
       {{"<start_function_call>"}},
       "<end_function_call>",
       bodies::function_gemma},
      {"longcat", {"<longcat_tool_call>"}, {{"<longcat_tool_call>"}}, "</longcat_tool_call>", bodies::longcat},
      {"glm47", {"<arg_key>"}, {{"<tool_call>"}}, "</tool_call>", bodies::glm47},
      {"pythonic", {"<|tool_list_start|>"}, {{"<|tool_call_start|>"}}, "<|tool_call_end|>", bodies::pythonic},
      // Templates write the line break as one or, inside Jinja's quotes, as backslash and n.
      {"qwen3_coder", {"<tool_call>\n<function="}, {{"<tool_call>"}}, "</tool_call>", bodies::qwen3_coder},
      {"qwen3_coder", {"<tool_call>\\n<function="}, {{"<tool_call>"}}, "</tool_call>", bodies::qwen3_coder},
      {"kimi_k2",
       {"<|tool_calls_section_begin|>"},
       {{"<|tool_calls_section_begin|>"}},
       "<|tool_calls_section_end|>",
       bodies::kimi_k2},
      {"mistral", {"[TOOL_CALLS]"}, {{"[TOOL_CALLS]"}}, "", bodies::mistral},
      {"json_tools", {"<tool_call>", "tool_call.name"}, {{"<tool_call>"}}, "</tool_call>", bodies::json},
      // The harmony format's specification; the marks of its messages are the output parser's own.
      {"harmony", {"<|channel|>", "<|message|>"}, {}, "", bodies::harmony},
      // Meta's description of Llama 3.1's and 3.2's prompts: an answer that is nothing but the call.
      {"llama3_json",
       {"{\"name\": function name, \"parameters\""},
       {{"<|python_tag|>"},
        {"{\"name\"", CallBegin::start_of_answer},
        {"{ \"name\"", CallBegin::start_of_answer},
        {"{\"type\": \"function\"", CallBegin::start_of_answer}},
       "",
       bodies::json},
  };
  return formats;
}

const ToolCallFormat* choose_tool_call_format(std::string_view chat_template, std::string_view wanted) {
  const auto formats = tool_call_formats();
  if (!wanted.empty()) {
    const auto found = std::ranges::find(formats, wanted, &ToolCallFormat::name);
    if (found != formats.end()) return &*found;
    std::vector<std::string_view> names;
    for (const ToolCallFormat& format : formats) {
      if (names.empty() || names.back() != format.name) names.push_back(format.name);
    }
    fail(Errc::unsupported, "tool_parser_type '{}' is not known; known are: {}", wanted, fmt::join(names, ", "));
  }
  const auto fits = [&](const ToolCallFormat& format) {
    return std::ranges::all_of(format.template_says,
                               [&](std::string_view text) { return chat_template.find(text) != chat_template.npos; });
  };
  const auto found = std::ranges::find_if(formats, fits);
  return found == formats.end() ? nullptr : &*found;
}

}  // namespace etna
