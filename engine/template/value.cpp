#include "engine/template/value.h"

#include <algorithm>

#include "engine/template/error.h"

namespace etna::jinja {

void Extent::add(const Extent& part) {
  constexpr std::size_t size_limit = std::size_t{256} << 20;
  constexpr int depth_limit = 1000;  // values are compared, printed and let go of by recursion
  size += part.size;                 // both are below the limit: no overflow
  depth = std::max(depth, part.depth + 1);
  if (size > size_limit) fail_template("a value holds more than {} bytes", size_limit);
  if (depth > depth_limit) fail_template("a value is nested more than {} deep", depth_limit);
}

const Value* Dict::find(const Value& key) const {
  for (const auto& [name, value] : entries_) {
    if (equal(name, key)) return &value;
  }
  return nullptr;
}

const Value* Dict::find(std::string_view key) const {
  for (const auto& [name, value] : entries_) {
    if (name.text() != nullptr && *name.text() == key) return &value;
  }
  return nullptr;
}

void Dict::set(const Value& key, Value value) {
  extent_.add(key.extent());  // what is replaced goes on counting
  extent_.add(value.extent());
  for (auto& [name, old] : entries_) {
    if (equal(name, key)) {
      old = std::move(value);
      return;
    }
  }
  entries_.emplace_back(key, std::move(value));
}

bool Object::assign(const std::string&, Value) {
  return false;
}

const Value* CallArguments::find(std::size_t position, std::string_view name) const {
  if (position < positional.size()) return &positional[position];
  for (const auto& [key, value] : named) {
    if (key == name) return &value;
  }
  return nullptr;
}

Value CallArguments::value_or(std::size_t position, std::string_view name, Value otherwise) const {
  const Value* found = find(position, name);
  return found ? *found : std::move(otherwise);
}

const std::int64_t* Value::integer() const {
  static constexpr std::int64_t truth[] = {0, 1};
  if (const bool* value = get<bool>()) return &truth[*value ? 1 : 0];
  return get<std::int64_t>();
}

double Value::number() const {
  if (const auto* value = get<double>()) return *value;
  const auto* value = integer();
  return value ? static_cast<double>(*value) : 0.0;
}

bool Value::truthy() const {
  if (const bool* value = get<bool>()) return *value;
  if (is_number()) return number() != 0;
  if (const auto* string = text()) return !string->empty();
  if (const auto* list = as_list()) return !list->items.empty();
  if (const auto* dict = as_dict()) return !dict->entries().empty();
  return as_object() != nullptr || as_function() != nullptr;
}

Extent Value::extent() const {
  if (const auto* string = text()) return {.size = string->size() + 1};
  if (const auto* list = as_list()) return list->extent;
  if (const auto* dict = as_dict()) return dict->extent();
  return {};
}

std::size_t Value::surface() const {
  if (const auto* string = text()) return string->size() + 1;
  if (const auto* list = as_list()) return list->items.size() * sizeof(Value) + 1;
  if (const auto* dict = as_dict()) return dict->entries().size() * sizeof(Dict::Entry) + 1;
  return 1;
}

std::string_view Value::type_name() const {
  static constexpr std::string_view names[] = {"undefined", "None", "bool", "int",    "float",
                                               "str",       "list", "dict", "object", "function"};
  if (const auto* list = as_list(); list != nullptr && list->tuple) return "tuple";
  return names[storage_.index()];
}

Value Value::sequence(std::vector<Value> items, bool tuple) {
  Value value;
  Extent extent;
  for (const Value& item : items) extent.add(item.extent());
  value.storage_ = std::make_shared<const List>(List{std::move(items), tuple, extent});
  return value;
}

bool equal(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) {
    const auto *x = a.integer(), *y = b.integer();
    return x && y ? *x == *y : a.number() == b.number();
  }
  if (a.text() && b.text()) return *a.text() == *b.text();
  if (const auto* x = a.as_list(), *y = b.as_list(); x && y) {
    return x->tuple == y->tuple &&
           std::equal(x->items.begin(), x->items.end(), y->items.begin(), y->items.end(), equal);
  }
  if (const auto* x = a.as_dict(), *y = b.as_dict(); x && y) {
    return x->entries().size() == y->entries().size() &&
           std::all_of(x->entries().begin(), x->entries().end(), [y](const auto& entry) {
             const Value* other = y->find(entry.first);
             return other != nullptr && equal(entry.second, *other);
           });
  }
  if (a.as_object() || b.as_object()) return a.as_object() == b.as_object();
  if (a.as_function() || b.as_function()) return a.as_function() == b.as_function();
  return (a.is_none() && b.is_none()) || (a.is_undefined() && b.is_undefined());
}

}  // namespace etna::jinja
