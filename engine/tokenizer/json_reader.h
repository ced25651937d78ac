#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/tokenizer/text_arena.h"

namespace etna {

/// Reads a JSON text from front to back, for lists with so many elements that a tree of values would cost more than all
/// the rest of loading. The text is valid UTF-8.
///
/// Everything but skip() is as strict as parse_json, and fails as it does: corrupt, naming `where`, line and column.
class JsonReader {
public:
  /// `position`: where in the document to begin.
  JsonReader(std::string_view document, std::string_view where, std::size_t position = 0)
      : document_(document), where_(where), at_(position) {}

  /// The first character of the next value, or a bracket, comma or colon; '\0' at the end of the document.
  char peek() {
    skip_space();
    return at_ < document_.size() ? document_[at_] : '\0';
  }

  /// Steps over `c` when it comes next.
  bool take(char c) {
    if (peek() != c || c == '\0') return false;
    ++at_;
    return true;
  }

  /// A string, which must come next. The view lives until forget(), if not longer.
  std::string_view string();

  /// Drops the strings that had escapes and so are kept by the reader.
  void forget() { unescaped_.clear(); }

  /// A number as it is written.
  std::string_view number();

  /// The next value as it is written. Only its strings and brackets are looked at; at most 512 of these may be nested.
  std::string_view skip();

  /// How many strings were in what skip() stepped over last.
  std::size_t strings() const { return strings_; }

  /// Calls element() in front of each element of the list that comes next; it has to read the element.
  template <class Function>
  void elements(Function element) {
    expect('[');
    if (take(']')) return;
    do {
      element();
    } while (take(','));
    expect(']');
  }

  /// Calls member(key) in front of each value of the object that comes next; it has to read the value.
  template <class Function>
  void members(Function member) {
    expect('{');
    if (take('}')) return;
    do {
      if (peek() != '"') malformed();
      const std::string_view key = string();
      expect(':');
      member(key);
    } while (take(','));
    expect('}');
  }

  std::size_t position() const { return at_; }

  /// Throws what parse_json throws for the document.
  [[noreturn]] void malformed() const;

private:
  void expect(char c) {
    if (!take(c)) malformed();
  }

  void skip_space() {
    while (at_ < document_.size() && is_space(document_[at_])) ++at_;
  }

  static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

  void skip_string();
  std::string_view unescape(std::size_t begin);
  std::uint32_t hexadecimal();

  std::string_view document_, where_;
  std::size_t at_;
  std::size_t strings_ = 0;
  TextArena unescaped_;
};

}  // namespace etna
