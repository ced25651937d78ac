#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/template/value.h"

/// What values can do; all throw TemplateError.
namespace etna::jinja {

// arithmetic.cpp
Value binary(Evaluator& evaluator, std::string_view op, const Value& a, const Value& b);
Value negative(const Value& value);
bool less(const Value& a, const Value& b);  ///< Python's <: numbers, strings, lists
bool contains(const Value& container, const Value& item);
std::string percent_format(std::string_view format, const std::vector<Value>& values);

/// The items that a loop sees: of lists, the keys of dictionaries, the characters of strings, none of undefined.
std::vector<Value> items_of(const Value& value);
std::size_t length_of(const Value& value);

Value subscript(const Value& base, const Value& index);
Value attribute(const Value& base, const std::string& name);
Value slice(Evaluator& evaluator, const Value& base, const Value& start, const Value& stop, const Value& step);

// methods.cpp: a method bound to its object; undefined when there is none of that name.
Value method(const Value& base, const std::string& name);

// functions.cpp
void add_functions(std::unordered_map<std::string, Value>& variables);

const std::string& expect_text(const Value& value, std::string_view what);
std::int64_t expect_integer(const Value& value, std::string_view what);

}  // namespace etna::jinja
