#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "engine/base/utf8.h"
#include "engine/template/error.h"
#include "engine/template/evaluate.h"
#include "engine/template/operations.h"
#include "engine/template/text.h"
#include "engine/template/to_text.h"

namespace etna::jinja {

namespace {

using Filter = Value (*)(Evaluator& evaluator, const Value& value, const CallArguments& arguments);

/// "a.b.0": attributes and indices in turn.
Value dotted(const Value& value, const Value& path) {
  if (path.integer() || !path.text()) return subscript(value, path);
  Value result = value;
  std::string_view rest = *path.text();
  for (;;) {
    const auto dot = rest.find('.');
    const std::string name(rest.substr(0, dot));
    std::int64_t index = 0;
    const bool number = !name.empty() &&
                        std::from_chars(name.data(), name.data() + name.size(), index).ptr == name.data() + name.size();
    result = subscript(result, number ? Value(index) : Value(name));
    if (dot == rest.npos) return result;
    rest.remove_prefix(dot + 1);
  }
}

Value trim(Evaluator&, const Value& value, const CallArguments& arguments) {
  const Value characters = arguments.value_or(0, "chars", None{});
  const auto text = to_text(value);
  return Value(std::string(characters.is_none() ? strip(text, Strip::both)
                                                : strip(text, Strip::both, expect_text(characters, "chars"))),
               value.is_safe());
}

Value tojson(Evaluator& evaluator, const Value& value, const CallArguments& arguments) {
  JsonStyle style;
  style.ascii = arguments.value_or(0, "ensure_ascii", Value(false)).truthy();
  style.sort_keys = arguments.value_or(3, "sort_keys", Value(false)).truthy();
  if (const Value indent = arguments.value_or(1, "indent", None{}); !indent.is_none()) {
    style.indent = std::clamp<std::int64_t>(expect_integer(indent, "indent"), 0, 64);
    style.item_separator.resize(1);  // no space at the ends of lines
  }
  if (const Value separators = arguments.value_or(2, "separators", None{}); separators.as_list()) {
    const auto& items = separators.as_list()->items;
    if (items.size() != 2) fail_template("tojson: separators are not two strings");
    style.item_separator = expect_text(items[0], "a separator");
    style.key_separator = expect_text(items[1], "a separator");
  }
  return evaluator.make_text(to_json(value, style));
}

Value join(Evaluator& evaluator, const Value& value, const CallArguments& arguments) {
  const auto separator = to_text(arguments.value_or(0, "d", Value("")));
  const Value* path = arguments.find(1, "attribute");
  std::string out;
  bool first = true;
  for (const auto& item : evaluator.items(value)) {
    if (!first) out += separator;
    first = false;
    out += to_text(path ? dotted(item, *path) : item);
    if (out.size() > (std::size_t{64} << 20)) fail_template("join: the text is too long");
  }
  return evaluator.make_text(std::move(out));
}

/// map(attribute="x", default=…) or map("filter", arguments …).
Value map(Evaluator& evaluator, const Value& value, const CallArguments& arguments) {
  std::vector<Value> out;
  const Value path = arguments.value_or(~std::size_t{0}, "attribute", Undefined{});
  if (!path.is_undefined()) {
    const Value otherwise = arguments.value_or(~std::size_t{0}, "default", Undefined{"attribute"});
    for (const auto& item : evaluator.items(value)) {
      Value found = dotted(item, path);
      out.push_back(found.is_undefined() ? otherwise : std::move(found));
    }
    return Value::list(std::move(out));
  }
  if (arguments.positional.empty()) fail_template("map needs a filter or an attribute");
  const auto name = expect_text(arguments.positional[0], "the filter of map");
  CallArguments rest{{arguments.positional.begin() + 1, arguments.positional.end()}, arguments.named};
  for (const auto& item : evaluator.items(value)) out.push_back(evaluator.call_filter(name, item, rest));
  return Value::list(std::move(out));
}

enum class Keep { matching, others };
enum class Look { item, attribute };

/// select, reject, selectattr and rejectattr: by a test, or by truth when there is none.
Value choose(Evaluator& evaluator, const Value& value, const CallArguments& arguments, Keep keep, Look look) {
  auto given = arguments.positional;
  Value path;
  if (look == Look::attribute) {
    if (given.empty()) fail_template("selectattr needs an attribute");
    path = given.front();
    given.erase(given.begin());
  }
  std::string test;
  if (!given.empty()) {
    test = expect_text(given.front(), "the test");
    given.erase(given.begin());
  }
  const CallArguments rest{std::move(given), arguments.named};
  std::vector<Value> out;
  for (const auto& item : evaluator.items(value)) {
    const Value seen = look == Look::attribute ? dotted(item, path) : item;
    const bool holds = test.empty() ? seen.truthy() : evaluator.call_test(test, seen, rest);
    if (holds == (keep == Keep::matching)) out.push_back(item);
  }
  return Value::list(std::move(out));
}

/// What sorting compares: strings without case unless asked for.
Value sort_key(const Value& value, const Value* path, bool case_sensitive) {
  Value key = path ? dotted(value, *path) : value;
  return key.text() && !case_sensitive ? Value(lower(*key.text())) : key;
}

std::vector<Value> sorted(std::vector<Value> items, const std::vector<Value>& keys, bool reverse) {
  std::vector<std::size_t> order(items.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return reverse ? less(keys[b], keys[a]) : less(keys[a], keys[b]);
  });
  std::vector<Value> out;
  for (const auto i : order) out.push_back(items[i]);
  return out;
}

Value sort(Evaluator& evaluator, const Value& value, const CallArguments& arguments) {
  auto items = evaluator.items(value);
  evaluator.charge(value.extent().size * 16);  // each is compared with about so many
  const Value* path = arguments.find(2, "attribute");
  std::vector<Value> keys;
  for (const auto& item : items) {
    keys.push_back(sort_key(item, path, arguments.value_or(1, "case_sensitive", Value(false)).truthy()));
  }
  return Value::list(sorted(std::move(items), keys, arguments.value_or(0, "reverse", Value(false)).truthy()));
}

Value dictsort(Evaluator&, const Value& value, const CallArguments& arguments) {
  const Dict* dict = value.as_dict();
  if (dict == nullptr) fail_template("dictsort: the value is {}, not a dictionary", value.type_name());
  const bool by_value = to_text(arguments.value_or(1, "by", Value("key"))) == "value";
  std::vector<Value> items, keys;
  for (const auto& [key, item] : dict->entries()) {
    items.push_back(Value::tuple({key, item}));
    keys.push_back(
        sort_key(by_value ? item : key, nullptr, arguments.value_or(0, "case_sensitive", Value(false)).truthy()));
  }
  return Value::list(sorted(std::move(items), keys, arguments.value_or(2, "reverse", Value(false)).truthy()));
}

Value unique(Evaluator& evaluator, const Value& value, const CallArguments& arguments) {
  const Value* path = arguments.find(1, "attribute");
  std::vector<Value> out, seen;
  for (const auto& item : evaluator.items(value)) {
    Value key = sort_key(item, path, arguments.value_or(0, "case_sensitive", Value(false)).truthy());
    evaluator.charge(seen.size() + key.extent().size);
    if (std::any_of(seen.begin(), seen.end(), [&key](const Value& old) { return equal(old, key); })) continue;
    seen.push_back(std::move(key));
    out.push_back(item);
  }
  return Value::list(std::move(out));
}

Value extreme(Evaluator& evaluator, const Value& value, const CallArguments& arguments, bool largest) {
  const Value* path = arguments.find(1, "attribute");
  const bool case_sensitive = arguments.value_or(0, "case_sensitive", Value(false)).truthy();
  Value best = Undefined{"the extreme of no items"}, best_key;
  for (const auto& item : evaluator.items(value)) {
    Value key = sort_key(item, path, case_sensitive);
    if (best.is_undefined() || (largest ? less(best_key, key) : less(key, best_key))) {
      best = item;
      best_key = std::move(key);
    }
  }
  return best;
}

Value sum(Evaluator& evaluator, const Value& value, const CallArguments& arguments) {
  const Value* path = arguments.find(0, "attribute");
  Value total = arguments.value_or(1, "start", Value(std::int64_t{0}));
  for (const auto& item : evaluator.items(value)) total = binary(evaluator, "+", total, path ? dotted(item, *path) : item);
  return total;
}

Value to_int(Evaluator&, const Value& value, const CallArguments& arguments) {
  const Value otherwise = arguments.value_or(0, "default", Value(std::int64_t{0}));
  if (const auto* integer = value.integer()) return Value(*integer);
  double real = value.number();
  if (const auto* text = value.text()) {
    const auto digits = strip(*text, Strip::both);
    std::int64_t integer = 0;
    const auto skip = static_cast<std::size_t>(digits.starts_with('+') ? 1 : 0);
    const auto [end, error] = std::from_chars(digits.data() + skip, digits.data() + digits.size(), integer);
    if (error == std::errc() && end == digits.data() + digits.size()) return Value(integer);
    const auto parsed = std::from_chars(digits.data() + skip, digits.data() + digits.size(), real);
    if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) return otherwise;
  } else if (!value.is_number()) {
    return otherwise;
  }
  return std::fabs(real) < 9.2e18 ? Value(static_cast<std::int64_t>(real)) : otherwise;
}

Value to_float(Evaluator&, const Value& value, const CallArguments& arguments) {
  if (value.is_number()) return Value(value.number());
  double real = 0;
  const auto digits = value.text() ? strip(*value.text(), Strip::both) : std::string_view();
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), real);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) {
    return arguments.value_or(0, "default", Value(0.0));
  }
  return Value(real);
}

Value round(Evaluator&, const Value& value, const CallArguments& arguments) {
  if (!value.is_number()) fail_template("round: the value is {}, not a number", value.type_name());
  const auto precision = expect_integer(arguments.value_or(0, "precision", Value(std::int64_t{0})), "precision");
  const auto how = to_text(arguments.value_or(1, "method", Value("common")));
  const double scale = std::pow(10.0, static_cast<double>(std::clamp<std::int64_t>(precision, -300, 300)));
  const double scaled = value.number() * scale;
  return Value((how == "ceil"    ? std::ceil(scaled)
                : how == "floor" ? std::floor(scaled)
                                 : std::nearbyint(scaled)) /
               scale);
}

/// Lines after the first get spaces in front (blank ones only when asked).
Value indent(Evaluator& evaluator, const Value& value, const CallArguments& arguments) {
  const Value width = arguments.value_or(0, "width", Value(std::int64_t{4}));
  const std::string margin =
      width.text()
          ? *width.text()
          : std::string(static_cast<std::size_t>(std::clamp<std::int64_t>(expect_integer(width, "width"), 0, 1000)),
                        ' ');
  const bool first = arguments.value_or(1, "first", Value(false)).truthy();
  const bool blank = arguments.value_or(2, "blank", Value(false)).truthy();
  const auto text = to_text(value);
  evaluator.charge(text.size());
  std::string out(first ? margin : "");
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto line = std::string_view(text).substr(at, end - at);
    if (at > 0 && (blank || !line.empty())) out += margin;
    out += line;
    if (end < text.size()) out += '\n';
    at = end + 1;
    evaluator.charge(margin.size());
  }
  return Value(std::move(out), value.is_safe());
}

Value items(Evaluator&, const Value& value, const CallArguments&) {
  std::vector<Value> out;
  if (value.is_undefined()) return Value::list({});
  const Dict* dict = value.as_dict();
  if (dict == nullptr) fail_template("items: the value is {}, not a dictionary", value.type_name());
  for (const auto& [key, item] : dict->entries()) out.push_back(Value::tuple({key, item}));
  return Value::list(std::move(out));
}

Value reverse(Evaluator& evaluator, const Value& value, const CallArguments&) {
  return slice(evaluator, value.as_dict() ? Value::list(evaluator.items(value)) : value, None{}, None{},
               Value(std::int64_t{-1}));
}

Value end_item(Evaluator& evaluator, const Value& value, bool last) {
  const auto all = evaluator.items(value);
  if (all.empty()) return Undefined{last ? "the last of no items" : "the first of no items"};
  return last ? all.back() : all.front();
}

/// Words begin after white space and opening brackets.
bool filter_word_start(char32_t before) {
  return is_space(before) || before == '-' || before == '(' || before == '{' || before == '[' || before == '<';
}

#define FILTER [](Evaluator & evaluator, const Value& value, const CallArguments& arguments)
#define VALUE [](Evaluator&, const Value& value, const CallArguments&)
#define ITEMS [](Evaluator & evaluator, const Value& value, const CallArguments&)
#define VALUE_ARGUMENTS [](Evaluator&, const Value& value, const CallArguments& arguments)

const std::unordered_map<std::string, Filter>& filters() {
  static const std::unordered_map<std::string, Filter> table = [] {
    const Filter size = VALUE {
      return Value(static_cast<std::int64_t>(length_of(value)));
    };
    const Filter escape = VALUE {
      return value.is_safe() ? value : Value(escape_html(to_text(value)), true);
    };
    const Filter otherwise = VALUE_ARGUMENTS {
      const bool missing =
          value.is_undefined() || (arguments.value_or(1, "boolean", Value(false)).truthy() && !value.truthy());
      return missing ? arguments.value_or(0, "default_value", Value("")) : value;
    };
    return std::unordered_map<std::string, Filter>{
        {"tojson", tojson}, {"trim", trim}, {"join", join}, {"map", map}, {"sort", sort}, {"dictsort", dictsort},
        {"unique", unique}, {"sum", sum}, {"int", to_int}, {"float", to_float}, {"round", round}, {"indent", indent},
        {"items", items}, {"reverse", reverse}, {"length", size}, {"count", size}, {"escape", escape}, {"e", escape},
        {"default", otherwise}, {"d", otherwise},
        {"string", VALUE{return value.is_text() ? value : Value(to_text(value));
  }
}

, {"safe", VALUE{return Value(to_text(value), true);
}
}

, {"list", ITEMS{return Value::list(evaluator.items(value));
}
}
, {"upper", VALUE{return Value(upper(to_text(value)), value.is_safe());
}
}
, {"lower", VALUE{return Value(lower(to_text(value)), value.is_safe());
}
}
, {"capitalize", VALUE{return Value(capitalize(to_text(value)), value.is_safe());
}
}
, {"title", VALUE{return Value(title(to_text(value), filter_word_start), value.is_safe());
}
}
, {"first", ITEMS{return end_item(evaluator, value, false);
}
}
, {"last", ITEMS{return end_item(evaluator, value, true);
}
}
, {"min", FILTER{return extreme(evaluator, value, arguments, false);
}
}
, {"max", FILTER{return extreme(evaluator, value, arguments, true);
}
}
, {"abs", VALUE{return value.number() < 0 ? negative(value) : negative(negative(value));
}
}
, {"wordcount", VALUE{const auto text = to_text(value);
std::int64_t words = 0;
bool inside = false;
for (const char32_t c : utf8::to_utf32(text)) {
  words += !is_space(c) && !inside ? 1 : 0;
  inside = !is_space(c);
}
return Value(words);
}
}
, {"replace",
   FILTER{return evaluator.make_text(replace(
       to_text(value), to_text(arguments.value_or(0, "old", None{})), to_text(arguments.value_or(1, "new", None{})),
       expect_integer(arguments.value_or(2, "count", Value(std::int64_t{-1})), "count")));
}
}
, {"format", FILTER{return evaluator.make_text(percent_format(to_text(value), arguments.positional));
}
}
, {"attr", VALUE_ARGUMENTS{return attribute(value, to_text(arguments.value_or(0, "name", None{})));
}
}
, {"select", FILTER{return choose(evaluator, value, arguments, Keep::matching, Look::item);
}
}
, {"reject", FILTER{return choose(evaluator, value, arguments, Keep::others, Look::item);
}
}
, {"selectattr", FILTER{return choose(evaluator, value, arguments, Keep::matching, Look::attribute);
}
}
, {
  "rejectattr", FILTER {
    return choose(evaluator, value, arguments, Keep::others, Look::attribute);
  }
}
}
;
}
();
return table;
}

#undef FILTER
#undef VALUE
#undef VALUE_ARGUMENTS
#undef ITEMS

}  // namespace

Value Evaluator::call_filter(const std::string& name, const Value& input, const CallArguments& arguments) {
  const Step step(*this);
  const auto found = filters().find(name);
  if (found == filters().end()) fail_template("Etna does not know the filter '{}'", name);
  // Filters that only pass items on do not look into them.
  static const std::unordered_set<std::string_view> shallow = {
      "length", "count", "first", "last", "items", "list", "reverse", "map", "select", "reject", "selectattr",
      "rejectattr", "default", "d", "int", "float", "attr"};
  charge(shallow.contains(name) ? input.surface() : input.extent().size);
  return found->second(*this, input, arguments);
}

}  // namespace etna::jinja
