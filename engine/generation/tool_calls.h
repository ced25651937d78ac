#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/generation/tool_call.h"

namespace etna {

/// The types of the parameters of the tools that were offered. Formats that write all values as bare text need them.
class ToolSchemas {
public:
  ToolSchemas() = default;

  /// `tools`: a JSON list of {"type": "function", "function": {"name", "parameters": {"properties"}}}, or of the inner
  /// objects; what has another form is ignored. Throws corrupt where it is no JSON.
  static ToolSchemas parse(std::string_view tools);

  /// JSON schema's name of the type ("string", "integer", …); empty where nothing is known.
  std::string_view type(const std::string& tool, const std::string& parameter) const;

private:
  std::map<std::string, std::map<std::string, std::string>> types_;
};

/// Whether a call can begin without a mark of its own, as Llama 3's do.
enum class CallBegin { anywhere, start_of_answer };

struct CallMark {
  std::string_view text;
  CallBegin begin = CallBegin::anywhere;  ///< start_of_answer: the mark is the beginning of the call itself
};

/// How a family of models writes tool calls. Where the format was learned is said beside each row of the table in
/// tool_calls.cpp.
struct ToolCallFormat {
  std::string_view name;                        ///< what tool_parser_type in tokenizer_config.json says
  std::vector<std::string_view> template_says;  ///< a chat template that contains all of them uses the format
  std::vector<CallMark> begin;                  ///< any of them begins a call
  std::string_view end;                         ///< empty: the call ends with the text or with the next begin mark

  /// The calls between the marks, at least one. Throws corrupt with a sentence for what is not of this format.
  std::vector<ToolCall> (*parse)(std::string_view body, const ToolSchemas& schemas);
};

/// All formats in the order in which they are tried.
std::span<const ToolCallFormat> tool_call_formats();

/// The format that a chat template asks for; nullptr: none that is known. `wanted` (tool_parser_type) is stronger than
/// the template. Throws unsupported, with the list of names, for one that is not known.
const ToolCallFormat* choose_tool_call_format(std::string_view chat_template, std::string_view wanted = {});

}  // namespace etna
