#include "engine/generation/tool_call_bodies.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/base/error.h"
#include "engine/base/json.h"
#include "engine/base/utf8.h"
#include "engine/generation/literal_reader.h"

namespace etna::tool_call_bodies {

namespace {

using nlohmann::ordered_json;

constexpr std::size_t max_members = 1000;
constexpr int max_depth = 64;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view spaces = " \n\r\t";
  const std::size_t begin = text.find_first_not_of(spaces);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(spaces) - begin + 1);
}

/// The line break after an opening tag and the one before a closing tag belong to the layout, not to the value.
std::string_view without_outer_breaks(std::string_view text) {
  if (text.starts_with('\n')) text.remove_prefix(1);
  if (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

/// Ordered objects are searched from the front: with very many members that would take minutes.
void check_members(const nlohmann::json& value) {
  if (value.is_object() && value.size() > max_members) {
    fail(Errc::corrupt, "tool call: an object has more than {} members", max_members);
  }
  if (!value.is_structured()) return;
  for (const nlohmann::json& item : value) check_members(item);
}

ordered_json parse_arguments(std::string_view text) {
  check_members(parse_json(text, "tool call", max_depth));
  return parse_ordered_json(text, "tool call", max_depth);
}

std::string written(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

ToolCall make_call(std::string name, const ordered_json& arguments, std::string id = {}) {
  if (name.empty()) fail(Errc::corrupt, "tool call: the function has no name");
  if (!arguments.is_object()) fail(Errc::corrupt, "tool call: the arguments of {} are not an object", name);
  return {.name = std::move(name), .arguments = written(arguments), .id = std::move(id)};
}

/// What `text` says as a JSON or Python value; nothing: neither.
std::optional<ordered_json> read_value(std::string_view text) {
  try {
    return parse_arguments(text);
  } catch (const Error&) {
    // not JSON; Python's words and quotes are tried next
  }
  try {
    LiteralReader reader(text);
    ordered_json value = reader.value();
    if (reader.at_end()) return value;
  } catch (const Error&) {
    // neither: the caller takes the text as it stands
  }
  return std::nullopt;
}

enum class Untyped { text, value };

/// A value that was written as bare text, by the type its schema gives it.
ordered_json typed_value(std::string_view text, std::string_view type, Untyped untyped) {
  const bool is_text = type == "string" || (type.empty() && untyped == Untyped::text);
  if (!is_text) {
    if (std::optional<ordered_json> value = read_value(trimmed(text))) return *value;
  }
  return utf8::make_valid(text);
}

/// Passes over `text` from tag to tag.
class TagReader {
public:
  explicit TagReader(std::string_view text) : text_(text) {}

  /// The text up to `tag`, which is passed. Throws corrupt where it does not occur.
  std::string_view until(std::string_view tag) {
    const std::size_t found = text_.find(tag, at_);
    if (found == text_.npos) fail(Errc::corrupt, "tool call: {} is missing", tag);
    const std::string_view result = text_.substr(at_, found - at_);
    at_ = found + tag.size();
    return result;
  }

  /// Passes `tag` if nothing but spaces stands before it.
  bool take(std::string_view tag) {
    const std::size_t begin = std::min(text_.find_first_not_of(" \n\r\t", at_), text_.size());
    if (!text_.substr(begin).starts_with(tag)) return false;
    at_ = begin + tag.size();
    return true;
  }

  bool at_end() const { return trimmed(rest()).empty(); }

  std::string_view rest() const { return text_.substr(at_); }

private:
  std::string_view text_;
  std::size_t at_ = 0;
};

void add_argument(ordered_json& arguments, std::string_view name, ordered_json value) {
  if (arguments.size() >= max_members) fail(Errc::corrupt, "tool call: more than {} arguments", max_members);
  arguments[utf8::make_valid(name)] = std::move(value);
}

ToolCall call_of_object(const ordered_json& object) {
  if (!object.is_object()) fail(Errc::corrupt, "tool call: {} is not an object", object.type_name());
  if (const auto nested = object.find("function"); nested != object.end() && nested->is_object()) {
    ToolCall call = call_of_object(*nested);
    if (const auto id = object.find("id"); id != object.end() && id->is_string()) call.id = id->get<std::string>();
    return call;
  }
  const auto text = [&](const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  const std::string name = text("name").empty() ? text("function") : text("name");
  for (const char* key : {"arguments", "parameters"}) {
    const auto found = object.find(key);
    if (found == object.end()) continue;
    // Some models write the object as a text.
    return make_call(name, found->is_string() ? parse_arguments(found->get<std::string>()) : *found, text("id"));
  }
  fail(Errc::corrupt, "tool call: neither arguments nor parameters are given");
}

/// Length of the JSON object or list that begins `text`: up to the bracket that closes the first.
std::size_t json_length(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth <= 0) {
      return i + 1;
    }
  }
  return text.size();
}

/// name, then pairs of tags with `prefix` in their names.
std::vector<ToolCall> tagged_pairs(std::string_view body, const ToolSchemas& schemas, const std::string& prefix) {
  const std::string open_key = "<" + prefix + "arg_key>", close_key = "</" + prefix + "arg_key>";
  const std::string open_value = "<" + prefix + "arg_value>", close_value = "</" + prefix + "arg_value>";
  TagReader reader(body);
  const std::size_t first = body.find(open_key);
  LiteralReader before(body.substr(0, first));
  const std::string name = before.name();
  if (!before.at_end()) before.reject("an argument");
  ordered_json arguments = ordered_json::object();
  if (first != body.npos) {
    reader.until(name);
    while (reader.take(open_key)) {
      const std::string key(trimmed(reader.until(close_key)));
      if (!reader.take(open_value)) fail(Errc::corrupt, "tool call: {} is missing", open_value);
      add_argument(arguments, key, typed_value(reader.until(close_value), schemas.type(name, key), Untyped::value));
    }
    if (!reader.at_end()) fail(Errc::corrupt, "tool call: text stands after the arguments of {}", name);
  }
  return {make_call(name, arguments)};
}

/// f k=v k="v w".
std::vector<ToolCall> assignments(std::string_view body, const ToolSchemas& schemas) {
  LiteralReader names(body);
  const std::string name = names.name();
  ordered_json arguments = ordered_json::object();
  std::string_view rest = trimmed(trimmed(body).substr(name.size()));
  while (!rest.empty()) {
    const std::size_t equals = rest.find('=');
    if (equals == rest.npos || equals == 0) fail(Errc::corrupt, "tool call: an argument of {} has no value", name);
    const std::string key(trimmed(rest.substr(0, equals)));
    rest.remove_prefix(equals + 1);
    std::size_t end = std::min(rest.find_first_of(" \n"), rest.size());
    if (rest.starts_with('{') || rest.starts_with('[')) end = json_length(rest);
    if (rest.starts_with('"')) end = std::min(rest.find('"', 1), rest.size() - 1) + 1;
    const std::string_view value = rest.substr(0, end);
    const bool quoted = value.starts_with('"');
    add_argument(arguments, key, typed_value(value, quoted ? "" : schemas.type(name, key), Untyped::value));
    rest = trimmed(rest.substr(end));
  }
  return {make_call(name, arguments)};
}

std::vector<ToolCall> pairs_json_or_assignments(std::string_view body, const ToolSchemas& schemas,
                                                const std::string& prefix) {
  const std::string_view text = trimmed(body);
  if (text.starts_with('{') || text.starts_with('[')) return json(text, schemas);
  const bool tagged = text.find("<" + prefix + "arg_key>") != text.npos;
  if (!tagged && text.find('=') != text.npos) return assignments(text, schemas);
  return tagged_pairs(text, schemas, prefix);
}

std::vector<ToolCall> gemma_calls(std::string_view body, std::string_view quote_mark) {
  std::vector<ToolCall> calls;
  LiteralReader reader(body, quote_mark);
  do {
    reader.expect("call:");
    std::string name = reader.name();
    calls.push_back(make_call(std::move(name), reader.members()));
    reader.take(",");
  } while (!reader.at_end());
  return calls;
}

/// A name as an XML attribute: with or without quotes.
std::string attribute(std::string_view text) {
  text = trimmed(text);
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front()) {
    text = text.substr(1, text.size() - 2);
  }
  return std::string(text);
}

/// The tags of one notation that names functions and parameters inside its tags.
struct XmlTags {
  std::string_view call, end_call, parameter, end_parameter;
};

std::vector<ToolCall> xml_calls(std::string_view body, const ToolSchemas& schemas, const XmlTags& tags) {
  std::vector<ToolCall> calls;
  TagReader reader(body);
  do {
    if (!reader.take(tags.call)) fail(Errc::corrupt, "tool call: {} is missing", tags.call);
    const std::string name = attribute(reader.until(">"));
    ordered_json arguments = ordered_json::object();
    while (reader.take(tags.parameter)) {
      const std::string key = attribute(reader.until(">"));
      const std::string_view value = without_outer_breaks(reader.until(tags.end_parameter));
      add_argument(arguments, key, typed_value(value, schemas.type(name, key), Untyped::text));
    }
    if (!reader.take(tags.end_call)) fail(Errc::corrupt, "tool call: {} is missing", tags.end_call);
    calls.push_back(make_call(name, arguments));
  } while (!reader.at_end());
  return calls;
}

}  // namespace

std::vector<ToolCall> json(std::string_view body, const ToolSchemas&) {
  std::vector<ToolCall> calls;
  std::string_view rest = trimmed(body);
  do {
    const std::size_t length = json_length(rest);
    const ordered_json value = parse_arguments(rest.substr(0, length));
    if (value.is_array()) {
      for (const ordered_json& item : value) calls.push_back(call_of_object(item));
    } else {
      calls.push_back(call_of_object(value));
    }
    rest = trimmed(rest.substr(length));
    if (rest.starts_with(';')) rest = trimmed(rest.substr(1));
  } while (!rest.empty());
  if (calls.empty()) fail(Errc::corrupt, "tool call: the list is empty");
  return calls;
}

std::vector<ToolCall> mistral(std::string_view body, const ToolSchemas& schemas) {
  constexpr std::string_view arguments_mark = "[ARGS]", id_mark = "[CALL_ID]";
  const std::string_view text = trimmed(body);
  if (text.starts_with('[') || text.starts_with('{')) return json(text, schemas);
  TagReader reader(text);
  std::string_view name = reader.until(arguments_mark);
  std::string_view id;
  if (const std::size_t mark = name.find(id_mark); mark != name.npos) {
    id = name.substr(mark + id_mark.size());
    name = name.substr(0, mark);
  }
  return {make_call(std::string(trimmed(name)), parse_arguments(reader.rest()), std::string(trimmed(id)))};
}

std::vector<ToolCall> kimi_k2(std::string_view body, const ToolSchemas&) {
  std::vector<ToolCall> calls;
  TagReader reader(body);
  do {
    if (!reader.take("<|tool_call_begin|>")) fail(Errc::corrupt, "tool call: <|tool_call_begin|> is missing");
    const std::string id(trimmed(reader.until("<|tool_call_argument_begin|>")));
    std::string name = id.substr(0, id.rfind(':'));
    if (name.starts_with("functions.")) name.erase(0, std::string_view("functions.").size());
    calls.push_back(make_call(std::move(name), parse_arguments(reader.until("<|tool_call_end|>")), id));
  } while (!reader.at_end());
  return calls;
}

std::vector<ToolCall> glm47(std::string_view body, const ToolSchemas& schemas) {
  return pairs_json_or_assignments(body, schemas, "");
}

std::vector<ToolCall> longcat(std::string_view body, const ToolSchemas& schemas) {
  return pairs_json_or_assignments(body, schemas, "longcat_");
}

std::vector<ToolCall> qwen3_coder(std::string_view body, const ToolSchemas& schemas) {
  return xml_calls(body, schemas, {"<function=", "</function>", "<parameter=", "</parameter>"});
}

std::vector<ToolCall> minimax_m2(std::string_view body, const ToolSchemas& schemas) {
  return xml_calls(body, schemas, {"<invoke name=", "</invoke>", "<parameter name=", "</parameter>"});
}

std::vector<ToolCall> gemma4(std::string_view body, const ToolSchemas&) {
  return gemma_calls(body, "<|\"|>");
}

std::vector<ToolCall> function_gemma(std::string_view body, const ToolSchemas&) {
  return gemma_calls(body, "<escape>");
}

std::vector<ToolCall> pythonic(std::string_view body, const ToolSchemas&) {
  std::vector<ToolCall> calls;
  LiteralReader reader(body);
  reader.expect("[");
  while (!reader.take("]")) {
    if (!calls.empty()) reader.expect(",");
    std::string name = reader.name();
    reader.expect("(");
    ordered_json arguments = ordered_json::object();
    while (!reader.take(")")) {
      if (!arguments.empty()) reader.expect(",");
      const std::string key = reader.name();
      reader.expect("=");
      add_argument(arguments, key, reader.value());
    }
    calls.push_back(make_call(std::move(name), arguments));
  }
  if (calls.empty() || !reader.at_end()) reader.reject("a call");
  return calls;
}

std::vector<ToolCall> harmony(std::string_view body, const ToolSchemas&) {
  constexpr std::string_view recipient = "to=";
  TagReader reader(body);
  const std::string_view header = reader.until("<|message|>");
  const std::size_t found = header.find(recipient);
  if (found == header.npos) fail(Errc::corrupt, "tool call: the message names no recipient");
  std::string_view name = header.substr(found + recipient.size());
  name = name.substr(0, name.find_first_of(" \n<"));
  if (name.starts_with("functions.")) name.remove_prefix(std::string_view("functions.").size());
  return {make_call(std::string(name), parse_arguments(reader.rest()))};
}

}  // namespace etna::tool_call_bodies
