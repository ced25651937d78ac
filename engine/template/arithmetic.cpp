#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "engine/base/utf8.h"
#include "engine/template/error.h"
#include "engine/template/evaluate.h"
#include "engine/template/operations.h"
#include "engine/template/text.h"
#include "engine/template/to_text.h"

namespace etna::jinja {

namespace {

[[noreturn]] void refuse(std::string_view op, const Value& a, const Value& b) {
  for (const auto* value : {&a, &b}) {
    if (const auto* undefined = value->get<Undefined>()) fail_template("'{}' is undefined", undefined->name);
  }
  fail_template("'{}' does not work for {} and {}", op, a.type_name(), b.type_name());
}

[[noreturn]] void overflow(std::string_view op) {
  fail_template("the result of '{}' is too large", op);
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

Value power(std::int64_t base, std::int64_t exponent) {
  if (exponent < 0) return Value(std::pow(static_cast<double>(base), static_cast<double>(exponent)));
  std::int64_t result = 1;
  if (base == 0 || base == 1) return Value(exponent == 0 ? std::int64_t{1} : base);
  if (base == -1) return Value(std::int64_t{exponent % 2 == 0 ? 1 : -1});
  for (; exponent > 0; --exponent) {
    if (__builtin_mul_overflow(result, base, &result)) overflow("**");
  }
  return Value(result);
}

Value integers(std::string_view op, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (op == "**") return power(a, b);
  if (op == "/" || op == "//" || op == "%") {
    if (b == 0) fail_template("division by zero");
    if (op == "/") return Value(static_cast<double>(a) / static_cast<double>(b));
    if (b == -1) {  // the one case where the processor overflows
      if (op == "%") return Value(std::int64_t{0});
      return negative(Value(a));
    }
    const std::int64_t quotient = floor_divide(a, b);
    return Value(op == "//" ? quotient : a - quotient * b);
  }
  const bool wrong = op == "+"   ? __builtin_add_overflow(a, b, &result)
                     : op == "-" ? __builtin_sub_overflow(a, b, &result)
                                 : __builtin_mul_overflow(a, b, &result);
  if (wrong) overflow(op);
  return Value(result);
}

Value reals(std::string_view op, double a, double b) {
  if (op == "+") return Value(a + b);
  if (op == "-") return Value(a - b);
  if (op == "*") return Value(a * b);
  if (op == "**") return Value(std::pow(a, b));
  if (b == 0) fail_template("division by zero");
  if (op == "/") return Value(a / b);
  if (op == "//") return Value(std::floor(a / b));
  return Value(a - std::floor(a / b) * b);
}

/// Strings added: next to a safe string the other one is escaped. (~ only joins.)
Value join(Evaluator& evaluator, const Value& a, const Value& b) {
  const bool safe = a.is_safe() || b.is_safe();
  const auto part = [safe](const Value& value) {
    return safe && !value.is_safe() ? escape_html(to_text(value)) : to_text(value);
  };
  std::string text = part(a);
  text += part(b);
  return evaluator.make_text(std::move(text), safe);
}

Value repeat(Evaluator& evaluator, const Value& value, std::int64_t times) {
  const auto count = static_cast<std::size_t>(std::max<std::int64_t>(times, 0));
  const auto check = [&](std::size_t size) {
    std::size_t total = 0;
    if (__builtin_mul_overflow(size, count, &total)) overflow("*");
    evaluator.charge(total);
  };
  if (const auto* text = value.text()) {
    check(text->size());
    std::string out;
    for (std::size_t i = 0; i < count && !text->empty(); ++i) out += *text;
    return Value(std::move(out), value.is_safe());
  }
  const auto& list = *value.as_list();
  check(list.items.size() * sizeof(Value));
  std::vector<Value> items;
  for (std::size_t i = 0; i < count && !list.items.empty(); ++i) {
    items.insert(items.end(), list.items.begin(), list.items.end());
  }
  return list.tuple ? Value::tuple(std::move(items)) : Value::list(std::move(items));
}

Value join_lists(Evaluator& evaluator, const List& a, const List& b) {
  evaluator.charge((a.items.size() + b.items.size()) * sizeof(Value));
  auto items = a.items;
  items.insert(items.end(), b.items.begin(), b.items.end());
  return a.tuple ? Value::tuple(std::move(items)) : Value::list(std::move(items));
}

}  // namespace

Value binary(Evaluator& evaluator, std::string_view op, const Value& a, const Value& b) {
  if (op == "~") return evaluator.make_text(to_text(a) + to_text(b));
  if (a.is_number() && b.is_number()) {
    if (a.integer() && b.integer()) return integers(op, *a.integer(), *b.integer());
    return reals(op, a.number(), b.number());
  }
  if (op == "+") {
    if (a.text() && b.text()) return join(evaluator, a, b);
    const auto *x = a.as_list(), *y = b.as_list();
    if (x && y && x->tuple == y->tuple) return join_lists(evaluator, *x, *y);
  }
  if (op == "*") {
    if ((a.text() || a.as_list()) && b.integer()) return repeat(evaluator, a, *b.integer());
    if ((b.text() || b.as_list()) && a.integer()) return repeat(evaluator, b, *a.integer());
  }
  if (op == "%" && a.text()) {
    const auto* list = b.as_list();
    return evaluator.make_text(percent_format(*a.text(), list && list->tuple ? list->items : std::vector<Value>{b}));
  }
  refuse(op, a, b);
}

Value negative(const Value& value) {
  if (const auto* integer = value.integer()) {
    if (*integer == std::numeric_limits<std::int64_t>::min()) overflow("-");
    return Value(-*integer);
  }
  if (const auto* real = value.get<double>()) return Value(-*real);
  refuse("-", value, value);
}

bool less(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) {
    return a.integer() && b.integer() ? *a.integer() < *b.integer() : a.number() < b.number();
  }
  if (a.text() && b.text()) return *a.text() < *b.text();  // the order of UTF-8 is that of code points
  const auto *x = a.as_list(), *y = b.as_list();
  if (x && y && x->tuple == y->tuple) {
    const auto [i, j] = std::mismatch(x->items.begin(), x->items.end(), y->items.begin(), y->items.end(), equal);
    if (i == x->items.end() || j == y->items.end()) return i == x->items.end() && j != y->items.end();
    return less(*i, *j);
  }
  refuse("<", a, b);
}

bool contains(const Value& container, const Value& item) {
  if (const auto* text = container.text()) {
    if (!item.text()) refuse("in", item, container);
    return text->find(*item.text()) != text->npos;
  }
  if (const auto* dict = container.as_dict()) return dict->find(item) != nullptr;
  if (const auto* list = container.as_list()) {
    return std::any_of(list->items.begin(), list->items.end(),
                       [&item](const Value& value) { return equal(value, item); });
  }
  if (container.is_undefined()) return false;
  refuse("in", item, container);
}

std::string percent_format(std::string_view format, const std::vector<Value>& values) {
  std::string out;
  std::size_t next = 0;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      out += format[i];
      continue;
    }
    const std::size_t start = i;
    while (++i < format.size() && std::string_view("#0- +.123456789").find(format[i]) != std::string_view::npos) {
    }
    if (i >= format.size() || i - start > 8) fail_template("the format {:?} is not understood", std::string(format));
    const std::string flags(format.substr(start, i - start));
    if (format[i] == '%') {
      out += '%';
      continue;
    }
    if (next >= values.size()) fail_template("the format {:?} needs more values", std::string(format));
    const Value& value = values[next++];
    char buffer[1600];
    int size = -1;
    if (format[i] == 's' || format[i] == 'r') {
      const auto text = format[i] == 's' ? to_text(value) : to_repr(value);
      if (flags == "%") {
        out += text;
        continue;
      }
      size = std::snprintf(buffer, sizeof buffer, (flags + "s").c_str(), text.c_str());
    } else if (std::string_view("dixXo").find(format[i]) != std::string_view::npos && value.is_number()) {
      constexpr double most = 9.2e18;  // beyond it the conversion is undefined
      if (!value.integer() && !(std::fabs(value.number()) < most)) fail_template("'%' cannot make an integer of it");
      const auto integer = value.integer() ? *value.integer() : static_cast<std::int64_t>(value.number());
      size = std::snprintf(buffer, sizeof buffer, (flags + "ll" + format[i]).c_str(), static_cast<long long>(integer));
    } else if (std::string_view("feEgG").find(format[i]) != std::string_view::npos && value.is_number()) {
      size = std::snprintf(buffer, sizeof buffer, (flags + format[i]).c_str(), value.number());
    }
    if (size < 0 || size >= static_cast<int>(sizeof buffer)) {
      fail_template("the format {:?} does not fit a value of type {}", std::string(format), value.type_name());
    }
    out += buffer;
  }
  if (next != values.size()) fail_template("the format {:?} has too many values", std::string(format));
  return out;
}

std::vector<Value> items_of(const Value& value) {
  if (const auto* list = value.as_list()) return list->items;
  std::vector<Value> items;
  if (const auto* dict = value.as_dict()) {
    for (const auto& [key, item] : dict->entries()) items.push_back(key);
  } else if (const auto* text = value.text()) {
    for (std::size_t at = 0; at < text->size();) {
      const std::size_t size = utf8::decode(*text, at).size;
      items.emplace_back(text->substr(at, size));
      at += size;
    }
  } else if (!value.is_undefined()) {
    fail_template("a value of type {} has no items", value.type_name());
  }
  return items;
}

std::size_t length_of(const Value& value) {
  if (const auto* text = value.text()) return length(*text);
  if (const auto* list = value.as_list()) return list->items.size();
  if (const auto* dict = value.as_dict()) return dict->entries().size();
  if (value.is_undefined()) return 0;
  fail_template("a value of type {} has no length", value.type_name());
}

Value subscript(const Value& base, const Value& index) {
  const auto name = [&index] { return index.text() ? *index.text() : to_text(index); };
  if (const auto* undefined = base.get<Undefined>()) fail_template("'{}' is undefined", undefined->name);
  if (const auto* dict = base.as_dict()) {
    if (const Value* found = dict->find(index)) return *found;
  }
  if (const auto* position = index.integer(); position && (base.as_list() || base.text())) {
    const auto size = static_cast<std::int64_t>(length_of(base));
    const std::int64_t at = *position < 0 ? *position + size : *position;
    if (at < 0 || at >= size) return Undefined{name()};
    if (const auto* list = base.as_list()) return list->items[static_cast<std::size_t>(at)];
    return Value(utf8::from_utf32(utf8::to_utf32(*base.text()).substr(static_cast<std::size_t>(at), 1)));
  }
  if (index.text()) {
    if (const auto* object = base.as_object()) return object->attribute(*index.text());
    Value found = method(base, *index.text());
    if (!found.is_undefined()) return found;
  }
  return Undefined{name()};
}

Value attribute(const Value& base, const std::string& name) {
  if (const auto* undefined = base.get<Undefined>()) {
    fail_template("'{}' is undefined, so it has no '{}'", undefined->name, name);
  }
  if (const auto* object = base.as_object()) return object->attribute(name);
  Value found = method(base, name);
  if (!found.is_undefined()) return found;
  if (const auto* dict = base.as_dict()) {
    if (const Value* item = dict->find(name)) return *item;
  }
  return Undefined{name};
}

Value slice(Evaluator& evaluator, const Value& base, const Value& start, const Value& stop, const Value& step) {
  if (!base.text() && !base.as_list()) refuse("[:]", base, base);
  const auto size = static_cast<std::int64_t>(length_of(base));
  const std::int64_t stride = step.is_none() ? 1 : expect_integer(step, "a slice's step");
  if (stride == 0) fail_template("a slice's step is 0");
  // Python's rule: negative bounds count from the end, then both are clamped to what the direction can reach.
  const auto bound = [&](const Value& value, std::int64_t otherwise) {
    if (value.is_none()) return otherwise;
    std::int64_t at = expect_integer(value, "a slice's bound");
    if (at < 0) at = at < -size ? -1 : at + size;
    return std::clamp<std::int64_t>(at, stride < 0 ? -1 : 0, stride < 0 ? size - 1 : size);
  };
  const std::int64_t first = bound(start, stride < 0 ? size - 1 : 0), end = bound(stop, stride < 0 ? -1 : size);
  const auto distance = static_cast<std::uint64_t>(std::max<std::int64_t>(stride > 0 ? end - first : first - end, 0));
  const std::uint64_t pace = stride > 0 ? static_cast<std::uint64_t>(stride) : 0 - static_cast<std::uint64_t>(stride);
  constexpr std::size_t per_character = 16;  // bytes of the place and of the character
  evaluator.charge((distance + pace - 1) / pace * (base.text() ? per_character : sizeof(Value)));
  std::vector<std::size_t> picked;
  for (std::int64_t i = first; stride > 0 ? i < end : i > end;) {
    picked.push_back(static_cast<std::size_t>(i));
    if (__builtin_add_overflow(i, stride, &i)) break;
  }
  if (const auto* list = base.as_list()) {
    std::vector<Value> items;
    for (const auto i : picked) items.push_back(list->items[i]);
    return list->tuple ? Value::tuple(std::move(items)) : Value::list(std::move(items));
  }
  const auto characters = utf8::to_utf32(*base.text());
  std::string text;
  for (const auto i : picked) utf8::append(text, characters[i]);
  return Value(std::move(text), base.is_safe());
}

const std::string& expect_text(const Value& value, std::string_view what) {
  if (value.text() == nullptr) fail_template("{} is {}, not a string", what, value.type_name());
  return *value.text();
}

std::int64_t expect_integer(const Value& value, std::string_view what) {
  if (value.integer() == nullptr) fail_template("{} is {}, not an integer", what, value.type_name());
  return *value.integer();
}

}  // namespace etna::jinja
