#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "engine/template/lex.h"
#include "engine/template/syntax.h"

namespace etna::jinja {

/// Recursive descent over the tokens of a template.
class Parser {
public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Block parse_template();

private:
  // parse.cpp: statements
  Block parse_until(std::initializer_list<std::string_view> ends);
  std::unique_ptr<Statement> parse_tag();
  std::unique_ptr<Statement> parse_if();
  std::unique_ptr<Statement> parse_for();
  std::unique_ptr<Statement> parse_set();
  std::unique_ptr<Statement> parse_macro();
  std::unique_ptr<Statement> parse_call_block();
  std::unique_ptr<Statement> parse_filter_block();
  std::unique_ptr<Statement> parse_with();
  std::vector<Parameter> parse_parameters();
  Target parse_target();
  Target parse_target_part();
  std::unique_ptr<Statement> statement(StatementKind kind) const;

  // parse_expression.cpp
  ExpressionPtr parse_tuple();       ///< several expressions with commas between, or one
  ExpressionPtr parse_expression();  ///< with … if … else …
  ExpressionPtr parse_or();
  ExpressionPtr parse_and();
  ExpressionPtr parse_not();
  ExpressionPtr parse_compare();
  ExpressionPtr parse_sum();
  ExpressionPtr parse_concatenation();
  ExpressionPtr parse_product();
  ExpressionPtr parse_power();
  enum class Filters { no, yes };
  ExpressionPtr parse_unary(Filters filters);
  ExpressionPtr parse_primary();
  ExpressionPtr parse_parenthesis();
  ExpressionPtr parse_dict();
  ExpressionPtr parse_list_items(ExpressionKind kind, std::string_view close);
  ExpressionPtr parse_postfix(ExpressionPtr base);
  ExpressionPtr parse_bracket(ExpressionPtr base);
  ExpressionPtr parse_filters(ExpressionPtr base);
  ExpressionPtr parse_filter_call(ExpressionPtr base);
  ExpressionPtr parse_test(ExpressionPtr base);
  bool starts_test_argument() const;
  Arguments parse_arguments();
  ExpressionPtr binary_chain(ExpressionPtr (Parser::*operand)(), std::initializer_list<std::string_view> operators);
  ExpressionPtr node(ExpressionKind kind, std::string name = {}) const;
  ExpressionPtr node_of(ExpressionKind kind, ExpressionPtr first, std::string name = {}) const;

  // tokens
  const Token& token() const { return tokens_[at_]; }

  bool at(TokenKind kind) const { return token().kind == kind; }

  bool at_op(std::string_view text) const { return at(TokenKind::op) && token().text == text; }

  bool at_name(std::string_view text) const { return at(TokenKind::name) && token().text == text; }

  bool skip_op(std::string_view text);
  bool skip_name(std::string_view text);
  void expect_op(std::string_view text);
  void expect_name(std::string_view text);
  void expect_block_end();
  std::string expect_any_name();
  std::string next_text();
  [[noreturn]] void refuse(std::string_view wanted) const;

  /// Counts nesting, so that hostile templates do not exhaust the stack.
  class Depth {
  public:
    explicit Depth(Parser& parser);

    ~Depth() { --parser_.depth_; }

    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;

  private:
    Parser& parser_;
  };

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace etna::jinja
