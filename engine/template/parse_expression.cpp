#include <charconv>

#include "engine/template/error.h"
#include "engine/template/parser.h"

namespace etna::jinja {

ExpressionPtr Parser::node(ExpressionKind kind, std::string name) const {
  auto result = std::make_unique<Expression>();
  result->kind = kind;
  result->line = token().line;
  result->name = std::move(name);
  return result;
}

ExpressionPtr Parser::node_of(ExpressionKind kind, ExpressionPtr first, std::string name) const {
  auto result = node(kind, std::move(name));
  result->height = first ? first->height + 1 : 0;
  if (result->height > 500) throw TemplateError{"an expression has more than 500 operators", token().line};
  result->parts.push_back(std::move(first));
  return result;
}

ExpressionPtr Parser::parse_tuple() {
  auto first = parse_expression();
  if (!at_op(",")) return first;
  auto tuple = node_of(ExpressionKind::tuple, std::move(first));
  while (skip_op(",")) {
    if (at(TokenKind::block_end) || at(TokenKind::print_end) || at_op(")")) break;
    tuple->parts.push_back(parse_expression());
  }
  return tuple;
}

ExpressionPtr Parser::parse_expression() {
  const Depth depth(*this);
  auto result = parse_or();
  while (skip_name("if")) {
    auto conditional = node_of(ExpressionKind::conditional, std::move(result));
    conditional->parts.push_back(parse_or());
    conditional->parts.push_back(skip_name("else") ? parse_expression() : nullptr);
    result = std::move(conditional);
  }
  return result;
}

ExpressionPtr Parser::parse_or() {
  auto left = parse_and();
  while (skip_name("or")) {
    left = node_of(ExpressionKind::logical_or, std::move(left));
    left->parts.push_back(parse_and());
  }
  return left;
}

ExpressionPtr Parser::parse_and() {
  auto left = parse_not();
  while (skip_name("and")) {
    left = node_of(ExpressionKind::logical_and, std::move(left));
    left->parts.push_back(parse_not());
  }
  return left;
}

ExpressionPtr Parser::parse_not() {
  const Depth depth(*this);
  if (skip_name("not")) return node_of(ExpressionKind::logical_not, parse_not());
  return parse_compare();
}

ExpressionPtr Parser::parse_compare() {
  auto left = parse_sum();
  auto compare = node(ExpressionKind::compare);
  for (;;) {
    if (at_op("==") || at_op("!=") || at_op("<") || at_op("<=") || at_op(">") || at_op(">=")) {
      compare->operators.push_back(next_text());
    } else if (skip_name("in")) {
      compare->operators.emplace_back("in");
    } else if (at_name("not") && tokens_[at_ + 1].kind == TokenKind::name && tokens_[at_ + 1].text == "in") {
      at_ += 2;
      compare->operators.emplace_back("not in");
    } else {
      break;
    }
    compare->parts.push_back(parse_sum());
  }
  if (compare->parts.empty()) return left;
  compare->parts.insert(compare->parts.begin(), std::move(left));
  return compare;
}

ExpressionPtr Parser::binary_chain(ExpressionPtr (Parser::*operand)(),
                                   std::initializer_list<std::string_view> operators) {
  auto left = (this->*operand)();
  for (;;) {
    bool found = false;
    for (const auto name : operators) {
      if (!skip_op(name)) continue;
      left = node_of(ExpressionKind::binary, std::move(left), std::string(name));
      left->parts.push_back((this->*operand)());
      found = true;
      break;
    }
    if (!found) return left;
  }
}

ExpressionPtr Parser::parse_sum() {
  return binary_chain(&Parser::parse_concatenation, {"+", "-"});
}

ExpressionPtr Parser::parse_concatenation() {
  return binary_chain(&Parser::parse_product, {"~"});
}

ExpressionPtr Parser::parse_product() {
  return binary_chain(&Parser::parse_power, {"*", "//", "/", "%"});
}

ExpressionPtr Parser::parse_power() {
  auto left = parse_unary(Filters::yes);
  while (skip_op("**")) {
    left = node_of(ExpressionKind::binary, std::move(left), "**");
    left->parts.push_back(parse_unary(Filters::yes));
  }
  return left;
}

ExpressionPtr Parser::parse_unary(Filters filters) {
  const Depth depth(*this);
  ExpressionPtr result;
  if (skip_op("-")) {
    result = node_of(ExpressionKind::negate, parse_unary(Filters::no));
  } else if (skip_op("+")) {
    result = node_of(ExpressionKind::plus, parse_unary(Filters::no));
  } else {
    result = parse_primary();
  }
  result = parse_postfix(std::move(result));
  return filters == Filters::yes ? parse_filters(std::move(result)) : std::move(result);
}

ExpressionPtr Parser::parse_primary() {
  auto result = node(ExpressionKind::literal);
  switch (token().kind) {
    case TokenKind::name: {
      auto name = next_text();
      if (name == "true" || name == "True") {
        result->value = Value(true);
      } else if (name == "false" || name == "False") {
        result->value = Value(false);
      } else if (name == "none" || name == "None") {
        result->value = None{};
      } else {
        result->kind = ExpressionKind::variable;
        result->name = std::move(name);
      }
      return result;
    }
    case TokenKind::text: {
      std::string text;
      while (at(TokenKind::text)) text += next_text();
      result->value = Value(std::move(text));
      return result;
    }
    case TokenKind::integer: {
      std::int64_t value = 0;
      const auto& digits = token().text;
      if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec != std::errc()) {
        throw TemplateError{fmt::format("the number {} is too large", digits), token().line};
      }
      ++at_;
      result->value = Value(value);
      return result;
    }
    case TokenKind::real: result->value = Value(std::strtod(next_text().c_str(), nullptr)); return result;
    default: break;
  }
  if (skip_op("(")) return parse_parenthesis();
  if (skip_op("[")) return parse_list_items(ExpressionKind::list, "]");
  if (skip_op("{")) return parse_dict();
  refuse("an expression");
}

ExpressionPtr Parser::parse_parenthesis() {
  if (skip_op(")")) return node(ExpressionKind::tuple);
  auto inner = parse_tuple();
  expect_op(")");
  return inner;
}

ExpressionPtr Parser::parse_list_items(ExpressionKind kind, std::string_view close) {
  auto list = node(kind);
  while (!at_op(close)) {
    if (!list->parts.empty()) expect_op(",");
    if (at_op(close)) break;
    list->parts.push_back(parse_expression());
  }
  expect_op(close);
  return list;
}

ExpressionPtr Parser::parse_dict() {
  auto dict = node(ExpressionKind::dict);
  while (!at_op("}")) {
    if (!dict->parts.empty()) expect_op(",");
    if (at_op("}")) break;
    dict->parts.push_back(parse_expression());
    expect_op(":");
    dict->parts.push_back(parse_expression());
  }
  expect_op("}");
  return dict;
}

ExpressionPtr Parser::parse_postfix(ExpressionPtr base) {
  for (;;) {
    if (skip_op(".")) {
      if (at(TokenKind::integer)) {
        auto index = parse_primary();
        base = node_of(ExpressionKind::subscript, std::move(base));
        base->parts.push_back(std::move(index));
      } else {
        base = node_of(ExpressionKind::attribute, std::move(base), expect_any_name());
      }
    } else if (skip_op("[")) {
      base = parse_bracket(std::move(base));
    } else if (at_op("(")) {
      base = node_of(ExpressionKind::call, std::move(base));
      base->arguments = parse_arguments();
    } else {
      return base;
    }
  }
}

ExpressionPtr Parser::parse_bracket(ExpressionPtr base) {
  ExpressionPtr index = at_op(":") ? nullptr : parse_tuple();
  if (!at_op(":")) {
    expect_op("]");
    auto subscript = node_of(ExpressionKind::subscript, std::move(base));
    subscript->parts.push_back(std::move(index));
    return subscript;
  }
  auto slice = node_of(ExpressionKind::slice, std::move(base));
  slice->parts.push_back(std::move(index));
  for (int i = 0; i < 2; ++i) {
    const bool given = skip_op(":") && !at_op(":") && !at_op("]");
    slice->parts.push_back(given ? parse_expression() : nullptr);
  }
  expect_op("]");
  return slice;
}

ExpressionPtr Parser::parse_filters(ExpressionPtr base) {
  for (;;) {
    if (skip_op("|")) {
      base = parse_filter_call(std::move(base));
    } else if (skip_name("is")) {
      base = parse_test(std::move(base));
    } else if (at_op("(")) {
      base = node_of(ExpressionKind::call, std::move(base));
      base->arguments = parse_arguments();
    } else {
      return base;
    }
  }
}

ExpressionPtr Parser::parse_filter_call(ExpressionPtr base) {
  auto filter = node_of(ExpressionKind::filter, std::move(base), expect_any_name());
  while (skip_op(".")) filter->name.append(".").append(expect_any_name());
  if (at_op("(")) filter->arguments = parse_arguments();
  return filter;
}

bool Parser::starts_test_argument() const {
  if (at(TokenKind::name)) {
    for (const auto* name : {"else", "or", "and", "is", "if", "in", "not"}) {
      if (at_name(name)) return false;
    }
    return true;
  }
  return at(TokenKind::text) || at(TokenKind::integer) || at(TokenKind::real) || at_op("[") || at_op("{");
}

ExpressionPtr Parser::parse_test(ExpressionPtr base) {
  const bool negated = skip_name("not");
  auto test = node_of(ExpressionKind::test, std::move(base), expect_any_name());
  if (at_op("(")) {
    test->arguments = parse_arguments();
  } else if (starts_test_argument()) {
    test->arguments.positional.push_back(parse_postfix(parse_primary()));
  }
  return negated ? node_of(ExpressionKind::logical_not, std::move(test)) : std::move(test);
}

Arguments Parser::parse_arguments() {
  Arguments arguments;
  expect_op("(");
  for (bool first = true; !at_op(")"); first = false) {
    if (!first) expect_op(",");
    if (at_op(")")) break;
    if (skip_op("**")) {
      arguments.dict = parse_expression();
    } else if (skip_op("*")) {
      arguments.list = parse_expression();
    } else if (at(TokenKind::name) && tokens_[at_ + 1].kind == TokenKind::op && tokens_[at_ + 1].text == "=") {
      auto name = next_text();
      ++at_;
      arguments.named.emplace_back(std::move(name), parse_expression());
    } else {
      if (!arguments.named.empty() || arguments.dict) refuse("a named argument");
      arguments.positional.push_back(parse_expression());
    }
  }
  expect_op(")");
  return arguments;
}

}  // namespace etna::jinja
