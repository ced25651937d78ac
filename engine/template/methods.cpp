#include <algorithm>
#include <unordered_map>

#include "engine/base/utf8.h"
#include "engine/template/error.h"
#include "engine/template/evaluate.h"
#include "engine/template/operations.h"
#include "engine/template/text.h"
#include "engine/template/to_text.h"

namespace etna::jinja {

namespace {

using Method = Value (*)(Evaluator& evaluator, const Value& self, const CallArguments& arguments);
using Methods = std::unordered_map<std::string, Method>;

const std::string& argument_text(const CallArguments& arguments, std::size_t position, std::string_view name) {
  const Value* value = arguments.find(position, name);
  if (value == nullptr) fail_template("the argument '{}' is missing", name);
  return expect_text(*value, name);
}

std::int64_t argument_integer(const CallArguments& arguments, std::size_t position, std::string_view name,
                              std::int64_t otherwise) {
  const Value* value = arguments.find(position, name);
  return value ? expect_integer(*value, name) : otherwise;
}

Value strip_method(const Value& self, const CallArguments& arguments, Strip side) {
  const Value characters = arguments.value_or(0, "chars", None{});
  const auto& text = *self.text();
  return Value(
      std::string(characters.is_none() ? strip(text, side) : strip(text, side, expect_text(characters, "chars"))));
}

/// str.split without a separator: words between white space.
std::vector<Value> split_words(std::string_view text, std::int64_t limit) {
  std::vector<Value> words;
  for (text = strip(text, Strip::left); !text.empty(); text = strip(text, Strip::left)) {
    if (limit >= 0 && static_cast<std::int64_t>(words.size()) >= limit) {
      words.emplace_back(strip(text, Strip::right));
      break;
    }
    std::size_t end = 0;
    while (end < text.size()) {
      const auto point = utf8::decode(text, end);
      if (is_space(point.value)) break;
      end += point.size;
    }
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

Value split(Evaluator& evaluator, const Value& self, const CallArguments& arguments) {
  const std::string_view text = *self.text();
  evaluator.charge(text.size());
  const Value separator = arguments.value_or(0, "sep", None{});
  const std::int64_t limit = argument_integer(arguments, 1, "maxsplit", -1);
  if (separator.is_none()) return Value::list(split_words(text, limit));
  const auto& mark = expect_text(separator, "sep");
  if (mark.empty()) fail_template("split: the separator is empty");
  std::vector<Value> parts;
  std::size_t at = 0;
  for (auto found = text.find(mark); found != text.npos; found = text.find(mark, at)) {
    if (limit >= 0 && static_cast<std::int64_t>(parts.size()) >= limit) break;
    parts.emplace_back(text.substr(at, found - at));
    at = found + mark.size();
  }
  parts.emplace_back(text.substr(at));
  evaluator.charge(parts.size() * sizeof(Value));
  return Value::list(std::move(parts));
}

Value rsplit(Evaluator& evaluator, const Value& self, const CallArguments& arguments) {
  const Value separator = arguments.value_or(0, "sep", None{});
  const std::int64_t limit = argument_integer(arguments, 1, "maxsplit", -1);
  if (limit < 0) return split(evaluator, self, arguments);
  const auto& mark = expect_text(separator, "sep");
  if (mark.empty()) fail_template("rsplit: the separator is empty");
  std::string_view text = *self.text();
  std::vector<Value> parts;
  for (auto found = text.rfind(mark); found != text.npos; found = text.rfind(mark)) {
    if (static_cast<std::int64_t>(parts.size()) >= limit) break;
    parts.emplace_back(text.substr(found + mark.size()));
    text = text.substr(0, found);
  }
  parts.emplace_back(text);
  std::reverse(parts.begin(), parts.end());
  return Value::list(std::move(parts));
}

Value split_lines(Evaluator& evaluator, const Value& self, const CallArguments& arguments) {
  const bool keep = arguments.value_or(0, "keepends", Value(false)).truthy();
  std::string_view text = *self.text();
  evaluator.charge(text.size());
  std::vector<Value> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\n\r"), text.size());
    const std::size_t mark = text.substr(end).starts_with("\r\n") ? 2 : end < text.size() ? 1 : 0;
    lines.emplace_back(text.substr(0, keep ? end + mark : end));
    text.remove_prefix(end + mark);
  }
  return Value::list(std::move(lines));
}

/// startswith and endswith take one string or a tuple of them.
Value has_affix(const Value& self, const CallArguments& arguments, bool (*has)(std::string_view, std::string_view)) {
  const Value given = arguments.value_or(0, "prefix", None{});
  if (const auto* list = given.as_list(); list != nullptr && list->tuple) {
    return Value(std::any_of(list->items.begin(), list->items.end(), [&](const Value& item) {
      return has(*self.text(), expect_text(item, "an item of the tuple"));
    }));
  }
  return Value(has(*self.text(), expect_text(given, "the argument")));
}

Value join_items(Evaluator& evaluator, const Value& self, const CallArguments& arguments) {
  std::string out;
  bool first = true;
  for (const auto& item : evaluator.items(arguments.value_or(0, "iterable", Undefined{"the argument of join"}))) {
    if (!first) out += *self.text();
    first = false;
    out += expect_text(item, "an item to join");
  }
  return evaluator.make_text(std::move(out));
}

/// str.format with {}, {0} and {name}; format specifications are not known.
Value format(Evaluator& evaluator, const Value& self, const CallArguments& arguments) {
  const std::string_view text = *self.text();
  std::string out;
  std::size_t next = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((text[i] == '{' || text[i] == '}') && text.substr(i + 1).starts_with(text[i])) {
      out += text[i++];
    } else if (text[i] == '{') {
      const auto end = text.find('}', i);
      if (end == text.npos) fail_template("format: '{{' is not closed");
      const std::string field(text.substr(i + 1, end - i - 1));
      const bool numbered = !field.empty() && field.size() < 6 && field.find_first_not_of("0123456789") == field.npos;
      const std::size_t position = field.empty() ? next++ : numbered ? std::stoul(field) : arguments.positional.size();
      const Value* value = arguments.find(position, field);
      if (value == nullptr) fail_template("format: there is no value for '{{{}}}'", field);
      out += to_text(*value);
      i = end;
    } else if (text[i] == '}') {
      fail_template("format: a single '}}'");
    } else {
      out += text[i];
    }
  }
  return evaluator.make_text(std::move(out));
}

Value find(const Value& self, const CallArguments& arguments, bool last) {
  const auto& part = argument_text(arguments, 0, "sub");
  const auto at = last ? self.text()->rfind(part) : self.text()->find(part);
  return Value(at == std::string::npos
                   ? std::int64_t{-1}
                   : static_cast<std::int64_t>(length(std::string_view(*self.text()).substr(0, at))));
}

Value count(const Value& self, const CallArguments& arguments) {
  const auto& part = argument_text(arguments, 0, "sub");
  if (part.empty()) return Value(static_cast<std::int64_t>(length(*self.text()) + 1));
  std::int64_t found = 0;
  for (auto at = self.text()->find(part); at != std::string::npos; at = self.text()->find(part, at + part.size()))
    ++found;
  return Value(found);
}

Value partition(const Value& self, const CallArguments& arguments) {
  const auto& mark = argument_text(arguments, 0, "sep");
  const std::string_view text = *self.text();
  const auto at = mark.empty() ? text.npos : text.find(mark);
  if (at == text.npos) return Value::tuple({self, Value(""), Value("")});
  return Value::tuple({Value(text.substr(0, at)), Value(mark), Value(text.substr(at + mark.size()))});
}

Value all_characters(const Value& self, bool (*accept)(char32_t)) {
  const auto characters = utf8::to_utf32(*self.text());
  return Value(!characters.empty() && std::all_of(characters.begin(), characters.end(), accept));
}

bool is_ascii_digit(char32_t c) {
  return c >= '0' && c <= '9';
}

bool starts_with(std::string_view text, std::string_view part) {
  return text.starts_with(part);
}

bool ends_with(std::string_view text, std::string_view part) {
  return text.ends_with(part);
}

#define METHOD [](Evaluator & evaluator, const Value& self, const CallArguments& arguments)
#define SELF [](Evaluator&, const Value& self, const CallArguments&)
#define SELF_ARGUMENTS [](Evaluator&, const Value& self, const CallArguments& arguments)

const Methods& text_methods() {
  static const Methods table{{"split", split}, {"rsplit", rsplit}, {"splitlines", split_lines}, {"join", join_items},
                             {"format", format},
                             {"strip", SELF_ARGUMENTS{return strip_method(self, arguments, Strip::both);
}
}  // namespace

, {"lstrip", SELF_ARGUMENTS{return strip_method(self, arguments, Strip::left);
}  // namespace etna::jinja
}
, {"rstrip", SELF_ARGUMENTS{return strip_method(self, arguments, Strip::right);
}
}
, {"startswith", SELF_ARGUMENTS{return has_affix(self, arguments, starts_with);
}
}
, {"endswith", SELF_ARGUMENTS{return has_affix(self, arguments, ends_with);
}
}
, {"upper", SELF{return Value(upper(*self.text()));
}
}
, {"lower", SELF{return Value(lower(*self.text()));
}
}
, {"capitalize", SELF{return Value(capitalize(*self.text()));
}
}
, {"title", SELF{return Value(title(*self.text(), [](char32_t before) { return !is_letter(before); }));
}
}
, {"replace", METHOD{return evaluator.make_text(replace(*self.text(), argument_text(arguments, 0, "old"),
                                                        argument_text(arguments, 1, "new"),
                                                        argument_integer(arguments, 2, "count", -1)));
}
}
, {"removeprefix", SELF_ARGUMENTS{const auto& part = argument_text(arguments, 0, "prefix");
return Value(self.text()->substr(self.text()->starts_with(part) ? part.size() : 0));
}
}
, {"removesuffix", SELF_ARGUMENTS{const auto& part = argument_text(arguments, 0, "suffix");
return Value(self.text()->substr(0, self.text()->size() - (self.text()->ends_with(part) ? part.size() : 0)));
}
}
, {"find", SELF_ARGUMENTS{return find(self, arguments, false);
}
}
, {"rfind", SELF_ARGUMENTS{return find(self, arguments, true);
}
}
, {"count", SELF_ARGUMENTS{return count(self, arguments);
}
}
, {"partition", SELF_ARGUMENTS{return partition(self, arguments);
}
}
, {"isdigit", SELF{return all_characters(self, is_ascii_digit);
}
}
, {"isnumeric", SELF{return all_characters(self, is_ascii_digit);
}
}
, {"isalpha", SELF{return all_characters(self, is_letter);
}
}
, {"isalnum", SELF{return all_characters(self, [](char32_t c) { return is_letter(c) || is_ascii_digit(c); });
}
}
, {"isspace", SELF{return all_characters(self, is_space);
}
}
, {"isupper", SELF{return Value(upper(*self.text()) == *self.text() && lower(*self.text()) != *self.text());
}
}
, {
  "islower", SELF {
    return Value(lower(*self.text()) == *self.text() && upper(*self.text()) != *self.text());
  }
}
}
;
return table;
}

/// What would change the dictionary (pop, update, …) is forbidden and counts as undefined.
const Methods& dict_methods() {
  static const Methods table{{"items", SELF{std::vector<Value> items;
  for (const auto& [key, value] : self.as_dict()->entries()) items.push_back(Value::tuple({key, value}));
  return Value::list(std::move(items));
}
}
, {"keys", SELF{return Value::list(items_of(self));
}
}
, {"values", SELF{std::vector<Value> values;
for (const auto& [key, value] : self.as_dict()->entries()) values.push_back(value);
return Value::list(std::move(values));
}
}
, {"get", SELF_ARGUMENTS{const Value* key = arguments.find(0, "key");
if (key == nullptr) fail_template("get() needs a key");
const Value* found = self.as_dict()->find(*key);
return found ? *found : arguments.value_or(1, "default", None{});
}
}
, {
  "copy", SELF {
    return self;
  }
}
}
;
return table;
}

const Methods& list_methods() {
  static const Methods table{{"index", SELF_ARGUMENTS{const auto& items = self.as_list()->items;
  const Value wanted = arguments.value_or(0, "value", None{});
  const auto at = std::find_if(items.begin(), items.end(), [&](const Value& item) { return equal(item, wanted); });
  if (at == items.end()) fail_template("index(): the value is not in the list");
  return Value(static_cast<std::int64_t>(at - items.begin()));
}
}
, {"count", SELF_ARGUMENTS{const auto& items = self.as_list()->items;
const Value wanted = arguments.value_or(0, "value", None{});
return Value(static_cast<std::int64_t>(
    std::count_if(items.begin(), items.end(), [&](const Value& item) { return equal(item, wanted); })));
}
}
, {
  "copy", SELF {
    return self;
  }
}
}
;
return table;
}

#undef METHOD
#undef SELF
#undef SELF_ARGUMENTS

}  // namespace

Value method(const Value& base, const std::string& name) {
  static const Methods none;
  const Methods& table = base.text()      ? text_methods()
                         : base.as_dict() ? dict_methods()
                         : base.as_list() ? list_methods()
                                          : none;
  const auto found = table.find(name);
  if (found == table.end()) return Undefined{name};
  return Value(std::make_shared<const Function>(
      Function{name, [self = base, call = found->second](Evaluator& evaluator, const CallArguments& arguments) {
                 // list.index and list.count compare items as a whole.
                 evaluator.charge(self.as_list() ? self.extent().size : self.surface());
                 for (const Value& value : arguments.positional) evaluator.charge(value.surface());
                 return call(evaluator, self, arguments);
               }}));
}

}  // namespace etna::jinja
