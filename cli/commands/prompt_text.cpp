#include "cli/commands/prompt_text.h"

#include <iostream>
#include <iterator>

namespace etna::cli {

std::string unescape(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == 'n' || text[i + 1] == 't');
    result += escape ? (text[++i] == 'n' ? '\n' : '\t') : text[i];
  }
  return result;
}

std::string read_prompt(const std::string& prompt) {
  if (prompt != "-") return unescape(prompt);
  return {std::istreambuf_iterator<char>(std::cin), {}};
}

}  // namespace etna::cli
