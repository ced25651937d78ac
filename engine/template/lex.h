#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace etna::jinja {

enum class TokenKind { data, print_begin, print_end, block_begin, block_end, name, text, integer, real, op, end };

struct Token {
  TokenKind kind;
  std::string text;  ///< data; a name; a string's value; digits; an operator
  int line;
};

/// Cuts a template into tokens, white space control applied: "-" at a tag's end strips, blocks and comments strip the
/// blanks before them on their line (lstrip_blocks) and the new line behind them (trim_blocks), "+" prevents both. New
/// lines become \n and the last one is dropped. Throws TemplateError.
std::vector<Token> lex(std::string_view source);

}  // namespace etna::jinja
