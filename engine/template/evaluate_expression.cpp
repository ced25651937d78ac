#include <algorithm>

#include "engine/template/error.h"
#include "engine/template/evaluate.h"
#include "engine/template/operations.h"
#include "engine/template/to_text.h"

namespace etna::jinja {

namespace {

/// What comparing costs at most: `in` looks at all of the container, the others stop where the smaller ends.
std::size_t cost(std::string_view op, const Value& a, const Value& b) {
  const std::size_t whole = b.extent().size;
  if (op == "in" || op == "not in") return b.as_dict() ? b.surface() : whole;
  return std::min(a.extent().size, whole);
}

bool holds(std::string_view op, const Value& a, const Value& b) {
  if (op == "==") return equal(a, b);
  if (op == "!=") return !equal(a, b);
  if (op == "in") return contains(b, a);
  if (op == "not in") return !contains(b, a);
  if (op == "<") return less(a, b);
  if (op == ">") return less(b, a);
  if (op == "<=") return less(a, b) || equal(a, b);
  return less(b, a) || equal(a, b);
}

}  // namespace

Value Evaluator::variable(const std::string& name) const {
  for (const Scope* scope = scope_.get(); scope != nullptr; scope = scope->parent.get()) {
    const auto found = scope->variables.find(name);
    if (found != scope->variables.end()) return found->second;
  }
  return Undefined{name};
}

Value Evaluator::evaluate(const Expression& expression) {
  const Step step(*this);
  const auto part = [&](std::size_t index) { return evaluate(*expression.parts[index]); };
  switch (expression.kind) {
    case ExpressionKind::literal: return expression.value;
    case ExpressionKind::variable: return variable(expression.name);
    case ExpressionKind::list: return Value::list(evaluate_all(expression.parts));
    case ExpressionKind::tuple: return Value::tuple(evaluate_all(expression.parts));
    case ExpressionKind::dict: return evaluate_dict(expression);
    case ExpressionKind::attribute: {
      const Value base = part(0);
      if (base.as_dict()) charge(base.surface());
      return attribute(base, expression.name);
    }
    case ExpressionKind::subscript: {
      const Value base = part(0);
      if (base.text() || base.as_dict()) charge(base.surface());
      return subscript(base, part(1));
    }
    case ExpressionKind::slice: return evaluate_slice(expression);
    case ExpressionKind::call: return evaluate_call(expression);
    case ExpressionKind::filter: return evaluate_filter(expression, Value());
    case ExpressionKind::test: {
      const Value input = part(0);
      return Value(call_test(expression.name, input, evaluate_arguments(expression.arguments)));
    }
    case ExpressionKind::negate: return negative(part(0));
    case ExpressionKind::plus: return negative(negative(part(0)));
    case ExpressionKind::logical_not: return Value(!part(0).truthy());
    case ExpressionKind::logical_and: {
      Value left = part(0);
      return left.truthy() ? part(1) : left;
    }
    case ExpressionKind::logical_or: {
      Value left = part(0);
      return left.truthy() ? left : part(1);
    }
    case ExpressionKind::binary: {
      const Value left = part(0);
      return binary(*this, expression.name, left, part(1));
    }
    case ExpressionKind::compare: return evaluate_compare(expression);
    case ExpressionKind::conditional:
      if (part(1).truthy()) return part(0);
      return expression.parts[2] ? part(2) : Value(Undefined{"the inline if-expression without else"});
  }
  return {};
}

/// `input` counts only at the end of the chain that has no expression of its own: in filter blocks.
Value Evaluator::evaluate_filter(const Expression& expression, const Value& input) {
  Value value = input;
  if (const auto& inner = expression.parts[0]) {
    value = inner->kind == ExpressionKind::filter ? evaluate_filter(*inner, input) : evaluate(*inner);
  }
  return call_filter(expression.name, value, evaluate_arguments(expression.arguments));
}

Value Evaluator::evaluate_compare(const Expression& expression) {
  Value left = evaluate(*expression.parts[0]);
  for (std::size_t i = 0; i < expression.operators.size(); ++i) {
    Value right = evaluate(*expression.parts[i + 1]);
    charge(cost(expression.operators[i], left, right));
    if (!holds(expression.operators[i], left, right)) return Value(false);
    left = std::move(right);
  }
  return Value(true);
}

Value Evaluator::evaluate_slice(const Expression& expression) {
  const Value base = evaluate(*expression.parts[0]);
  const auto bound = [&](std::size_t index) {
    return expression.parts[index] ? evaluate(*expression.parts[index]) : Value(None{});
  };
  const Value start = bound(1), stop = bound(2);
  if (base.text()) charge(base.surface());
  return slice(*this, base, start, stop, bound(3));
}

Value Evaluator::evaluate_dict(const Expression& expression) {
  auto dict = std::make_shared<Dict>();
  for (std::size_t i = 0; i < expression.parts.size(); i += 2) {
    const Value key = evaluate(*expression.parts[i]);
    charge(dict->entries().size() * Dict::comparison);
    dict->set(key, evaluate(*expression.parts[i + 1]));
  }
  return Value(std::shared_ptr<const Dict>(std::move(dict)));
}

std::vector<Value> Evaluator::evaluate_all(const std::vector<ExpressionPtr>& parts) {
  std::vector<Value> values;
  values.reserve(parts.size());
  for (const auto& part : parts) values.push_back(evaluate(*part));
  return values;
}

CallArguments Evaluator::evaluate_arguments(const Arguments& arguments) {
  CallArguments result{evaluate_all(arguments.positional), {}};
  for (const auto& [name, value] : arguments.named) result.named.emplace_back(name, evaluate(*value));
  if (arguments.list) {
    for (auto& item : items(evaluate(*arguments.list))) result.positional.push_back(std::move(item));
  }
  if (arguments.dict) {
    const Value value = evaluate(*arguments.dict);
    const Dict* dict = value.as_dict();
    if (dict == nullptr) fail_template("the value after ** is {}, not a dictionary", value.type_name());
    for (const auto& [name, item] : dict->entries())
      result.named.emplace_back(expect_text(name, "a key after **"), item);
  }
  return result;
}

Value Evaluator::evaluate_call(const Expression& expression) {
  const Value function = evaluate(*expression.parts[0]);
  return call(function, evaluate_arguments(expression.arguments));
}

Value Evaluator::call(const Value& function, const CallArguments& arguments) {
  const Step step(*this);
  if (const auto* callee = function.as_function()) return callee->call(*this, arguments);
  if (const auto* object = function.as_object()) {
    const Value inner = object->attribute("__call__");
    if (const auto* callee = inner.as_function()) return callee->call(*this, arguments);
  }
  if (const auto* undefined = function.get<Undefined>()) fail_template("'{}' is undefined", undefined->name);
  fail_template("a value of type {} cannot be called", function.type_name());
}

}  // namespace etna::jinja
