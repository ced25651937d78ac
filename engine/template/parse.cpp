#include "engine/template/parse.h"

#include <algorithm>

#include "engine/template/error.h"
#include "engine/template/parser.h"

namespace etna::jinja {

Block parse(std::string_view source) {
  return Parser(lex(source)).parse_template();
}

Parser::Depth::Depth(Parser& parser) : parser_(parser) {
  if (++parser_.depth_ > 200) throw TemplateError{"nested more than 200 levels deep", parser_.token().line};
}

bool Parser::skip_op(std::string_view text) {
  if (!at_op(text)) return false;
  ++at_;
  return true;
}

bool Parser::skip_name(std::string_view text) {
  if (!at_name(text)) return false;
  ++at_;
  return true;
}

void Parser::expect_op(std::string_view text) {
  if (!skip_op(text)) refuse(fmt::format("'{}'", text));
}

void Parser::expect_name(std::string_view text) {
  if (!skip_name(text)) refuse(fmt::format("'{}'", text));
}

void Parser::expect_block_end() {
  if (!at(TokenKind::block_end)) refuse("the end of the tag");
  ++at_;
}

std::string Parser::expect_any_name() {
  if (!at(TokenKind::name)) refuse("a name");
  return next_text();
}

std::string Parser::next_text() {
  return std::move(tokens_[at_++].text);
}

void Parser::refuse(std::string_view wanted) const {
  static constexpr std::string_view kinds[] = {"text", "'{{'", "the end of the tag", "'{%'", "the end of the tag"};
  const auto index = static_cast<std::size_t>(token().kind);
  const std::string found = at(TokenKind::end)         ? "the end of the template"
                            : index < std::size(kinds) ? std::string(kinds[index])
                                                       : fmt::format("'{}'", token().text);
  throw TemplateError{fmt::format("expected {}, found {}", wanted, found), token().line};
}

std::unique_ptr<Statement> Parser::statement(StatementKind kind) const {
  auto result = std::make_unique<Statement>();
  result->kind = kind;
  result->line = token().line;
  return result;
}

Block Parser::parse_template() {
  Block block = parse_until({});
  if (!at(TokenKind::end)) refuse("the end of the template");
  return block;
}

/// Statements up to a tag whose name is one of `ends`; that name is the next token.
Block Parser::parse_until(std::initializer_list<std::string_view> ends) {
  const Depth depth(*this);
  Block block;
  for (;;) {
    if (at(TokenKind::data)) {
      block.push_back(statement(StatementKind::data));
      block.back()->text = next_text();
    } else if (at(TokenKind::print_begin)) {
      ++at_;
      block.push_back(statement(StatementKind::print));
      block.back()->expression = parse_tuple();
      if (!at(TokenKind::print_end)) refuse("'}}'");
      ++at_;
    } else if (at(TokenKind::block_begin)) {
      ++at_;
      if (at(TokenKind::name) && std::find(ends.begin(), ends.end(), token().text) != ends.end()) return block;
      block.push_back(parse_tag());
    } else {
      if (ends.size() > 0) refuse(fmt::format("'{}'", *(ends.end() - 1)));
      return block;
    }
  }
}

std::unique_ptr<Statement> Parser::parse_tag() {
  if (at_name("if")) return parse_if();
  if (at_name("for")) return parse_for();
  if (at_name("set")) return parse_set();
  if (at_name("macro")) return parse_macro();
  if (at_name("call")) return parse_call_block();
  if (at_name("filter")) return parse_filter_block();
  if (at_name("with")) return parse_with();
  if (at_name("break") || at_name("continue")) {
    auto result = statement(at_name("break") ? StatementKind::loop_break : StatementKind::loop_continue);
    ++at_;
    expect_block_end();
    return result;
  }
  if (at_name("generation")) {  // marks the assistant's text for training; prints what is inside
    auto result = statement(StatementKind::scope);
    ++at_;
    expect_block_end();
    result->body = parse_until({"endgeneration"});
    ++at_;
    expect_block_end();
    return result;
  }
  if (!at(TokenKind::name)) refuse("the name of a tag");
  throw TemplateError{fmt::format("Etna does not know the tag '{}'", token().text), token().line};
}

std::unique_ptr<Statement> Parser::parse_if() {
  auto result = statement(StatementKind::condition);
  ++at_;
  result->expression = parse_tuple();
  expect_block_end();
  // A chain of elif is a loop here, so that long ones do not nest.
  Statement* last = result.get();
  for (int branches = 1;; ++branches) {
    if (branches > 500) throw TemplateError{"an if has more than 500 branches", token().line};
    last->body = parse_until({"elif", "else", "endif"});
    if (!at_name("elif")) break;
    auto next = statement(StatementKind::condition);
    ++at_;
    next->expression = parse_tuple();
    expect_block_end();
    last->otherwise.push_back(std::move(next));
    last = last->otherwise.back().get();
  }
  if (skip_name("else")) {
    expect_block_end();
    last->otherwise = parse_until({"endif"});
  }
  expect_name("endif");
  expect_block_end();
  return result;
}

std::unique_ptr<Statement> Parser::parse_for() {
  auto result = statement(StatementKind::loop);
  ++at_;
  result->target = parse_target();
  expect_name("in");
  // Without "if … else …" on top level: an "if" here filters the items.
  result->expression = parse_or();
  if (at_op(",")) {
    auto tuple = node_of(ExpressionKind::tuple, std::move(result->expression));
    while (skip_op(",")) tuple->parts.push_back(parse_or());
    result->expression = std::move(tuple);
  }
  if (skip_name("if")) result->condition = parse_expression();
  result->recursive = skip_name("recursive");
  expect_block_end();
  result->body = parse_until({"else", "endfor"});
  if (skip_name("else")) {
    expect_block_end();
    result->otherwise = parse_until({"endfor"});
  }
  expect_name("endfor");
  expect_block_end();
  return result;
}

std::unique_ptr<Statement> Parser::parse_set() {
  auto result = statement(StatementKind::assign);
  ++at_;
  result->target = parse_target();
  if (skip_op("=")) {
    result->expression = parse_tuple();
    expect_block_end();
    return result;
  }
  result->kind = StatementKind::assign_block;
  while (skip_op("|")) result->expression = parse_filter_call(std::move(result->expression));
  expect_block_end();
  result->body = parse_until({"endset"});
  ++at_;
  expect_block_end();
  return result;
}

Target Parser::parse_target() {
  Target first = parse_target_part();
  if (!at_op(",")) return first;
  Target all;
  all.parts.push_back(std::move(first));
  while (skip_op(",")) {
    if (at_op("=") || at_name("in")) break;
    all.parts.push_back(parse_target_part());
  }
  return all;
}

Target Parser::parse_target_part() {
  const Depth depth(*this);
  if (skip_op("(")) {
    Target inner = parse_target();
    expect_op(")");
    return inner;
  }
  Target target;
  target.name = expect_any_name();
  if (skip_op(".")) target.attribute = expect_any_name();
  return target;
}

std::vector<Parameter> Parser::parse_parameters() {
  std::vector<Parameter> parameters;
  expect_op("(");
  while (!at_op(")")) {
    if (!parameters.empty()) expect_op(",");
    if (at_op(")")) break;
    Parameter parameter;
    parameter.name = expect_any_name();
    if (skip_op("=")) {
      parameter.otherwise = parse_expression();
    } else if (!parameters.empty() && parameters.back().otherwise) {
      throw TemplateError{fmt::format("parameter '{}' has no default but follows one that has", parameter.name),
                          token().line};
    }
    parameters.push_back(std::move(parameter));
  }
  expect_op(")");
  return parameters;
}

std::unique_ptr<Statement> Parser::parse_macro() {
  auto result = statement(StatementKind::macro);
  ++at_;
  result->text = expect_any_name();
  result->parameters = parse_parameters();
  expect_block_end();
  result->body = parse_until({"endmacro"});
  ++at_;
  expect_block_end();
  return result;
}

std::unique_ptr<Statement> Parser::parse_call_block() {
  auto result = statement(StatementKind::call_block);
  ++at_;
  if (at_op("(")) result->parameters = parse_parameters();
  result->expression = parse_expression();
  if (result->expression->kind != ExpressionKind::call) refuse("a call");
  expect_block_end();
  result->body = parse_until({"endcall"});
  ++at_;
  expect_block_end();
  return result;
}

std::unique_ptr<Statement> Parser::parse_filter_block() {
  auto result = statement(StatementKind::filter_block);
  ++at_;
  result->expression = parse_filter_call(nullptr);
  while (skip_op("|")) result->expression = parse_filter_call(std::move(result->expression));
  expect_block_end();
  result->body = parse_until({"endfilter"});
  ++at_;
  expect_block_end();
  return result;
}

std::unique_ptr<Statement> Parser::parse_with() {
  auto result = statement(StatementKind::scope);
  ++at_;
  while (!at(TokenKind::block_end)) {
    if (!result->body.empty()) expect_op(",");
    auto assignment = statement(StatementKind::assign);
    assignment->target = parse_target_part();
    expect_op("=");
    assignment->expression = parse_expression();
    result->body.push_back(std::move(assignment));
  }
  expect_block_end();
  for (auto& inner : parse_until({"endwith"})) result->body.push_back(std::move(inner));
  ++at_;
  expect_block_end();
  return result;
}

}  // namespace etna::jinja
