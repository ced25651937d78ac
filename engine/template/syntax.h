#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/template/value.h"

namespace etna::jinja {

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

/// Arguments as written: a, name=b, *list, **dict.
struct Arguments {
  std::vector<ExpressionPtr> positional;
  std::vector<std::pair<std::string, ExpressionPtr>> named;
  ExpressionPtr list, dict;
};

enum class ExpressionKind {
  literal,      // value
  variable,     // name
  list,         // parts
  tuple,        // parts
  dict,         // parts: key, value, key, value, …
  attribute,    // parts[0] . name
  subscript,    // parts[0] [ parts[1] ]
  slice,        // parts[0] [ parts[1] : parts[2] : parts[3] ], absent ones are nullptr
  call,         // parts[0] ( arguments )
  filter,       // parts[0] | name ( arguments ); parts[0] is nullptr in filter blocks
  test,         // parts[0] is name ( arguments )
  negate,       // - parts[0]
  plus,         // + parts[0]
  logical_not,  // not parts[0]
  logical_and,  // parts[0] and parts[1]
  logical_or,   // parts[0] or parts[1]
  binary,       // parts[0] name parts[1], arithmetic or ~
  compare,      // parts[0] operators[0] parts[1] operators[1] parts[2] …
  conditional,  // parts[0] if parts[1] else parts[2] (may be nullptr)
};

struct Expression {
  ExpressionKind kind;
  int line;
  int height = 0;  // of the tree below, along first parts: long chains of operators are deep
  std::string name;
  Value value;
  std::vector<ExpressionPtr> parts;
  std::vector<std::string> operators;
  Arguments arguments;
};

struct Statement;
using Block = std::vector<std::unique_ptr<Statement>>;

/// What a value is assigned to: a name, ns.attribute, or several names.
struct Target {
  std::string name, attribute;  ///< attribute is empty for a plain name
  std::vector<Target> parts;    ///< not empty: the value is unpacked
};

struct Parameter {
  std::string name;
  ExpressionPtr otherwise;  ///< default; nullptr: none
};

enum class StatementKind {
  data,          // text
  print,         // expression
  condition,     // if expression: body, else otherwise
  loop,          // for target in expression if condition: body, else otherwise
  assign,        // set target = expression
  assign_block,  // set target: body; expression: filters or nullptr
  macro,         // macro text(parameters): body
  call_block,    // call(parameters) expression: body
  filter_block,  // filter expression: body
  scope,         // with: assignments in body, generation: no assignments
  loop_break,
  loop_continue,
};

struct Statement {
  StatementKind kind;
  int line;
  std::string text;
  ExpressionPtr expression, condition;
  Target target;
  std::vector<Parameter> parameters;
  Block body, otherwise;
  bool recursive = false;  // loop: its body may call loop(…)
};

}  // namespace etna::jinja
