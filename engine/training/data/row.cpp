#include "engine/training/data/row.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/base/hash.h"
#include "engine/base/json.h"
#include "engine/base/utf8.h"
#include "engine/training/data/csv.h"

namespace etna::training {

namespace {

using Json = nlohmann::ordered_json;
using JsonPointer = std::shared_ptr<const Json>;

constexpr int most_levels = 64;
constexpr std::size_t most_keys = 1000;

/// Objects that keep the order of their keys are searched from the front, so their size is looked at before one is
/// made.
class KeyCounter : public nlohmann::json_sax<nlohmann::json> {
public:
  bool null() override { return true; }

  bool boolean(bool) override { return true; }

  bool number_integer(number_integer_t) override { return true; }

  bool number_unsigned(number_unsigned_t) override { return true; }

  bool number_float(number_float_t, const string_t&) override { return true; }

  bool string(string_t&) override { return true; }

  bool binary(binary_t&) override { return true; }

  bool start_array(std::size_t) override { return start(); }

  bool end_array() override { return end(); }

  bool start_object(std::size_t) override { return start(); }

  bool end_object() override { return end(); }

  bool key(string_t&) override {
    if (++keys_.back() <= most_keys) return true;
    problem = fmt::format("an object has more than {} keys", most_keys);
    return false;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) override {
    problem = short_text(error.what());
    return false;
  }

  std::string problem;

private:
  /// "[json.exception.parse_error.101] parse error at line 1, column 3: syntax error while parsing value - unexpected
  /// end of input; expected …" says it twice and at length.
  static std::string short_text(std::string_view text) {
    if (const std::size_t at = text.find(" - "); at != text.npos)
      text.remove_prefix(at + 3);
    else if (const std::size_t end = text.find("] "); end != text.npos)
      text.remove_prefix(end + 2);
    text = text.substr(0, text.find("; expected"));
    if (text == "unexpected end of input") return "unexpected end";
    return utf8::make_valid(text.substr(0, 120));
  }

  bool start() {
    keys_.push_back(0);
    if (keys_.size() <= most_levels) return true;
    problem = fmt::format("nested more than {} levels deep", most_levels);
    return false;
  }

  bool end() {
    keys_.pop_back();
    return true;
  }

  std::vector<std::size_t> keys_;
};

RowValues json_values(const std::string& text) {
  KeyCounter counter;
  if (!nlohmann::json::sax_parse(text, &counter)) return RowProblem{Check::not_parsable, {}, counter.problem};
  try {
    auto values = std::make_shared<Json>(Json::parse(text));
    if (!values->is_object()) return RowProblem{Check::not_parsable, {}, "a row is an object with names and values"};
    return JsonPointer(std::move(values));
  } catch (const Json::exception&) {  // a number beyond all ranges, say
    return RowProblem{Check::not_parsable, {}, "a value cannot be read"};
  }
}

RowValues csv_values(const DataFile& file, const std::string& text) {
  const auto fields = csv_fields(text, file.separator());
  if (!fields) return RowProblem{Check::not_parsable, {}, "a quote is not closed"};
  if (fields->size() > file.header().size()) {
    return RowProblem{Check::not_parsable,
                      {},
                      fmt::format("it has {} fields, the first line names {}", fields->size(), file.header().size())};
  }
  auto values = std::make_shared<Json>(Json::object());
  for (std::size_t i = 0; i < fields->size(); ++i) {
    if (!file.header()[i].empty()) (*values)[file.header()[i]] = (*fields)[i];
  }
  return JsonPointer(std::move(values));
}

bool is_blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == text.npos;
}

bool is_absent(const Json& object, const std::string& name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null();
}

const std::string* text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || !found->is_string() ? nullptr : &found->get_ref<const std::string&>();
}

/// The texts of all columns of a role, or what is wrong with them. Numbers of a column are texts as they stand.
std::variant<std::string, RowProblem> joined(const Json& values, const ColumnMapping& mapping, ColumnRole role,
                                             const char* field) {
  std::string result;
  bool any = false;
  for (const ColumnMapping::Column& column : mapping.columns) {
    if (column.role != role || is_absent(values, column.name)) continue;
    const Json& value = values.at(column.name);
    if (value.is_structured())
      return RowProblem{Check::missing_field, field, fmt::format("column '{}' is no text", column.name)};
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    any = true;
    if (is_blank(text)) continue;
    if (!result.empty()) result += "\n\n";
    result += text;
  }
  if (!any) return RowProblem{Check::missing_field, field, {}};
  if (result.empty()) return RowProblem{Check::empty_text, field, {}};
  return result;
}

/// A list, or the JSON text of one, as tables have it.
std::optional<Json> as_list(const Json& value) {
  if (value.is_array()) return value;
  if (!value.is_string()) return std::nullopt;
  KeyCounter counter;
  const auto& text = value.get_ref<const std::string&>();
  if (!nlohmann::json::sax_parse(text, &counter)) return std::nullopt;
  Json parsed = Json::parse(text, nullptr, false);
  return parsed.is_array() ? std::optional(std::move(parsed)) : std::nullopt;
}

/// {"from": "human", "value": …} of ShareGPT's form as {"role": "user", "content": …}.
void use_roles(Json& message) {
  if (!message.is_object() || message.contains("role") || !text_of(message, "from") || !message.contains("value"))
    return;
  const std::string from = *text_of(message, "from");
  const char* role = from == "human"                                       ? "user"
                     : from == "gpt" || from == "chatgpt" || from == "bot" ? "assistant"
                                                                           : from.c_str();
  message = {{"role", role}, {"content", message["value"]}};
}

bool calls_tools(const Json& message) {
  const auto calls = message.find("tool_calls");
  return calls != message.end() && calls->is_array() && !calls->empty();
}

bool has_content(const Json& message) {
  if (is_absent(message, "content")) return false;
  const Json& content = message.at("content");
  return content.is_string() ? !is_blank(content.get_ref<const std::string&>()) : !content.empty();
}

/// Messages of one role that follow each other become one, where both are texts.
Json with_joined_messages(const Json& messages) {
  Json result = Json::array();
  for (const Json& message : messages) {
    const std::string* role = text_of(message, "role");
    const bool joins = role && !result.empty() && (*role == "user" || *role == "assistant" || *role == "system") &&
                       text_of(result.back(), "role") && *text_of(result.back(), "role") == *role &&
                       text_of(message, "content") && text_of(result.back(), "content") && !calls_tools(message) &&
                       !calls_tools(result.back());
    if (joins)
      result.back()["content"] = *text_of(result.back(), "content") + "\n\n" + *text_of(message, "content");
    else
      result.push_back(message);
  }
  return result;
}

/// What is wrong with the order of roles; empty if nothing.
std::string order_problem(const Json& messages) {
  std::string before;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const std::string& role = *text_of(messages[i], "role");
    const bool opens = role == "system" || role == "developer";
    if (opens && i > 0 && before != "system" && before != "developer") return "a system message in the middle";
    if (role == "user" && before == "user") return "two user messages in a row";
    if (role == "assistant" && before == "assistant" && !calls_tools(messages[i - 1]))
      return "two assistant messages in a row";
    if (role == "assistant" && (before.empty() || before == "system" || before == "developer"))
      return "an assistant message before any of the user";
    if (role == "tool" && before != "tool" && (before != "assistant" || !calls_tools(messages[i - 1])))
      return "a tool's answer that nothing called for";
    before = role;
  }
  return {};
}

std::optional<RowProblem> check_messages(const Json& messages) {
  if (messages.empty()) return RowProblem{Check::missing_field, "messages", {}};
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (!messages[i].is_object())
      return RowProblem{Check::missing_field, "messages", fmt::format("messages[{}] is no object", i)};
    if (!text_of(messages[i], "role"))
      return RowProblem{Check::missing_field, "role", fmt::format("messages[{}] has no role", i)};
    if (!messages[i].contains("content") && !calls_tools(messages[i])) {
      return RowProblem{Check::missing_field, "content", fmt::format("messages[{}] has no content", i)};
    }
  }
  const auto is_answer = [](const Json& message) { return *text_of(message, "role") == "assistant"; };
  if (std::ranges::none_of(messages, is_answer)) return RowProblem{Check::missing_field, "answer", {}};
  for (const Json& message : messages) {
    if (!has_content(message) && is_answer(message) && !calls_tools(message))
      return RowProblem{Check::empty_text, "answer", {}};
    if (!has_content(message) && *text_of(message, "role") == "user")
      return RowProblem{Check::empty_text, "prompt", {}};
  }
  if (std::string problem = order_problem(messages); !problem.empty())
    return RowProblem{Check::roles, {}, std::move(problem)};
  return std::nullopt;
}

/// None: the row has none. The list may be a JSON text.
std::variant<JsonPointer, RowProblem> tools_of(const Json& values, const ColumnMapping& mapping) {
  for (const ColumnMapping::Column& column : mapping.columns) {
    if (column.role != ColumnRole::tools || is_absent(values, column.name)) continue;
    const Json& value = values.at(column.name);
    if (value.is_string() && is_blank(value.get_ref<const std::string&>())) continue;
    auto list = as_list(value);
    if (!list) return RowProblem{Check::missing_field, "tools", fmt::format("column '{}' is no list", column.name)};
    if (!list->empty()) return std::make_shared<const Json>(std::move(*list));
  }
  return JsonPointer();
}

Row make_chat(const Json& values, const ColumnMapping& mapping, const DataFixes& fixes) {
  const auto column = std::ranges::find(mapping.columns, ColumnRole::messages, &ColumnMapping::Column::role);
  if (is_absent(values, column->name)) return RowProblem{Check::missing_field, "messages", {}};
  auto messages = as_list(values.at(column->name));
  if (!messages)
    return RowProblem{Check::missing_field, "messages", fmt::format("column '{}' is no list", column->name)};
  for (Json& message : *messages) use_roles(message);
  if (fixes.join_messages && std::ranges::all_of(*messages, [](const Json& message) { return message.is_object(); })) {
    messages = with_joined_messages(*messages);
  }
  if (auto problem = check_messages(*messages)) return *std::move(problem);
  auto tools = tools_of(values, mapping);
  if (auto* problem = std::get_if<RowProblem>(&tools)) return std::move(*problem);
  return Conversation{std::make_shared<const Json>(std::move(*messages)), std::get<JsonPointer>(tools), {}};
}

Row make_completion(const Json& values, const ColumnMapping& mapping) {
  Json messages = Json::array();
  if (mapping.has(ColumnRole::system)) {
    auto system = joined(values, mapping, ColumnRole::system, "system");
    if (const auto* text = std::get_if<std::string>(&system))
      messages.push_back({{"role", "system"}, {"content", *text}});
    else if (!std::get<RowProblem>(system).detail.empty())
      return std::get<RowProblem>(std::move(system));
  }
  for (const auto& [role, field, speaker] :
       {std::tuple(ColumnRole::prompt, "prompt", "user"), std::tuple(ColumnRole::answer, "answer", "assistant")}) {
    auto text = joined(values, mapping, role, field);
    if (auto* problem = std::get_if<RowProblem>(&text)) return std::move(*problem);
    messages.push_back({{"role", speaker}, {"content", std::get<std::string>(text)}});
  }
  auto tools = tools_of(values, mapping);
  if (auto* problem = std::get_if<RowProblem>(&tools)) return std::move(*problem);
  return Conversation{std::make_shared<const Json>(std::move(messages)), std::get<JsonPointer>(tools), {}};
}

/// Whether a word with an @ has a name before and a host behind it.
bool looks_like_mail_address(std::string_view text) {
  const auto is_name = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_' || c == '+';
  };
  for (std::size_t at = text.find('@'); at != text.npos; at = text.find('@', at + 1)) {
    if (at == 0 || !is_name(text[at - 1])) continue;
    std::size_t end = at + 1;
    while (end < text.size() && is_name(text[end])) ++end;
    const std::string_view host = text.substr(at + 1, end - at - 1);
    const std::size_t dot = host.rfind('.', host.size() < 2 ? 0 : host.size() - 2);
    if (dot != host.npos && dot > 0 && host.size() - dot > 2) return true;
  }
  return false;
}

/// Beginnings of keys that services give out.
bool looks_like_key(std::string_view text) {
  for (const std::string_view mark :
       {"sk-proj-", "sk-ant-", "ghp_", "github_pat_", "hf_", "AKIA", "xoxb-", "-----BEGIN "}) {
    for (std::size_t at = text.find(mark); at != text.npos; at = text.find(mark, at + 1)) {
      std::size_t end = at + mark.size();
      while (end < text.size() &&
             (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_' || text[end] == '-'))
        ++end;
      if (mark.starts_with('-') ? text.substr(at, 64).find("PRIVATE KEY") != text.npos : end - at - mark.size() >= 16)
        return true;
    }
  }
  return false;
}

bool any_text(const Conversation& conversation, bool (*looks_so)(std::string_view)) {
  if (conversation.is_text()) return looks_so(conversation.text);
  return std::ranges::any_of(*conversation.messages, [&](const Json& message) {
    const std::string* content = text_of(message, "content");
    return content && looks_so(*content);
  });
}

}  // namespace

std::uint64_t Conversation::hash() const {
  if (is_text()) return hash_text(text);
  return hash_text(tools ? tools->dump() : "",
                   hash_text(messages->dump(-1, ' ', false, Json::error_handler_t::replace)));
}

bool Conversation::has_mail_address() const {
  return any_text(*this, looks_like_mail_address);
}

bool Conversation::has_secret() const {
  return any_text(*this, looks_like_key);
}

std::string from_windows_1252(std::string_view bytes) {
  // 0x80 to 0x9F; the others are Latin-1. Source: https://encoding.spec.whatwg.org/index-windows-1252.txt
  static constexpr std::array<char32_t, 32> table = {0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                     0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD,
                                                     0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                     0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178};
  std::string result;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    utf8::append(result, byte >= 0x80 && byte < 0xA0 ? table[byte - 0x80] : char32_t{byte});
  }
  return result;
}

RowValues row_values(const DataFile& file, const RawRecord& record, const DataFixes& fixes) {
  if (record.bytes > record.text.size()) {
    return RowProblem{Check::not_parsable, {}, fmt::format("it is longer than {} MiB", RecordReader::most_bytes >> 20)};
  }
  const bool valid = utf8::is_valid(record.text);
  if (!valid && !fixes.read_windows_1252) return RowProblem{Check::encoding, {}, {}};
  const std::string& text = valid ? record.text : from_windows_1252(record.text);
  return file.kind() == FileKind::csv ? csv_values(file, text) : json_values(text);
}

Row make_row(const Json& values, const ColumnMapping& mapping, const DataFixes& fixes) {
  switch (mapping.kind()) {
    case DataKind::chat:
    case DataKind::tools: return make_chat(values, mapping, fixes);
    case DataKind::completions: return make_completion(values, mapping);
    case DataKind::text: {
      auto text = joined(values, mapping, ColumnRole::text, "text");
      if (auto* problem = std::get_if<RowProblem>(&text)) return std::move(*problem);
      return Conversation{nullptr, nullptr, std::get<std::string>(std::move(text))};
    }
    case DataKind::unclear: break;
  }
  return RowProblem{Check::missing_field, "meaning",
                    "no column is known: say which holds the prompt and which the answer"};
}

Row read_row(const DataFile& file, const RawRecord& record, const ColumnMapping& mapping, const DataFixes& fixes) {
  RowValues values = row_values(file, record, fixes);
  if (auto* problem = std::get_if<RowProblem>(&values)) return std::move(*problem);
  return make_row(*std::get<JsonPointer>(values), mapping, fixes);
}

std::vector<ColumnSample> sample_columns(const std::vector<JsonPointer>& rows) {
  constexpr std::size_t most_columns = 200, example_bytes = 200;
  std::vector<ColumnSample> columns;
  for (const JsonPointer& row : rows) {
    for (const auto& [key, value] : row->items()) {
      if (value.is_null()) continue;
      const auto list = as_list(value);
      const auto is_message = [](const Json& item) {
        return item.is_object() && (item.contains("role") || (item.contains("from") && item.contains("value")));
      };
      const bool is_dialog = list && !list->empty() && std::ranges::all_of(*list, is_message);
      const auto known = std::ranges::find(columns, key, &ColumnSample::name);
      if (known != columns.end()) {
        known->is_text = known->is_text && !value.is_structured();
        known->is_dialog = known->is_dialog && is_dialog;
      } else if (columns.size() < most_columns) {
        std::string example =
            value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
        if (example.size() > example_bytes) example = utf8::make_valid(example.substr(0, example_bytes));
        columns.push_back({key, std::move(example), !value.is_structured(), is_dialog});
      }
    }
  }
  return columns;
}

}  // namespace etna::training
