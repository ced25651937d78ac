#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace etna {

/// Reads the values that tool calls are written in. Only for .cpp files of this folder: it pulls in the JSON library.
///
/// Without a quote mark: Python literals ('text', "text", 1, 2.5, True, None, [..], (..), {'k': v}), with JSON's words,
/// too. With one: the notation of Gemma's calls, where texts stand between two quote marks, keys are bare words and any
/// other bare word is a text.
///
/// Errors are corrupt and say where in the text they are. At most 64 levels and 1000 values a level are read.
class LiteralReader {
public:
  explicit LiteralReader(std::string_view text, std::string_view quote_mark = {});

  /// The next value.
  nlohmann::ordered_json value();

  /// The members between `{` and `}`, both still to come.
  nlohmann::ordered_json members();

  /// A function's name: letters, digits, `_`, `.`, `-`, not empty.
  std::string name();

  void skip_space();

  /// Whether the text goes on with `mark` (after spaces); if so it is passed.
  bool take(std::string_view mark);

  void expect(std::string_view mark);

  bool at_end();

  [[noreturn]] void reject(std::string_view wanted) const;

private:
  nlohmann::ordered_json list(std::string_view close);
  nlohmann::ordered_json bare_word();
  std::string key();
  std::string python_text(char quote);
  std::string marked_text();
  void append_escape(std::string& out);
  void append_code_point(std::string& out, int digits);

  std::string_view text_;
  std::string_view quote_mark_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace etna
