#include "engine/template/lex.h"

#include <algorithm>
#include <cctype>

#include "engine/base/utf8.h"
#include "engine/template/error.h"
#include "engine/template/text.h"

namespace etna::jinja {

namespace {

std::string unify_newlines(std::string_view source) {
  std::string out;
  out.reserve(source.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r') {
      out += '\n';
      if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
    } else {
      out += source[i];
    }
  }
  if (out.ends_with('\n')) out.pop_back();
  return out;
}

bool is_name_start(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_name_part(char c) {
  return is_name_start(c) || is_digit(c);
}

class Lexer {
public:
  explicit Lexer(std::string source) : source_(std::move(source)) {}

  std::vector<Token> run() {
    while (at_ < source_.size()) {
      const std::size_t tag = next_tag();
      data(tag);
      if (tag == source_.npos) break;
      const char kind = source_[tag + 1];
      at_ = tag + 2;
      if (at_ < source_.size() && (source_[at_] == '-' || source_[at_] == '+')) ++at_;
      if (kind == '#') {
        comment();
      } else if (kind == '{' || !raw()) {
        expression_tag(kind);
      }
    }
    add(TokenKind::end, "");
    return std::move(tokens_);
  }

private:
  [[noreturn]] void refuse(std::string message) const { throw TemplateError{std::move(message), line_}; }

  void add(TokenKind kind, std::string text) { tokens_.push_back({kind, std::move(text), line_}); }

  /// Everything that is passed counts its lines.
  void advance(std::size_t to) {
    line_ += static_cast<int>(std::count(source_.begin() + static_cast<std::ptrdiff_t>(at_),
                                         source_.begin() + static_cast<std::ptrdiff_t>(to), '\n'));
    at_ = to;
  }

  std::size_t next_tag() const {
    for (auto at = source_.find('{', at_); at != source_.npos; at = source_.find('{', at + 1)) {
      if (at + 1 < source_.size() && (source_[at + 1] == '{' || source_[at + 1] == '%' || source_[at + 1] == '#')) {
        return at;
      }
    }
    return source_.npos;
  }

  /// Text up to a tag (or the end), stripped as the tag wants.
  void data(std::size_t tag) {
    const std::size_t end = tag == source_.npos ? source_.size() : tag;
    std::string_view text = std::string_view(source_).substr(at_, end - at_);
    if (tag != source_.npos) {
      const char sign = tag + 2 < source_.size() ? source_[tag + 2] : ' ';
      if (sign == '-') {
        text = strip(text, Strip::right);
      } else if (sign != '+' && source_[tag + 1] != '{') {
        const auto line = text.rfind('\n');
        const std::size_t start = line == text.npos ? 0 : line + 1;
        if ((start > 0 || line_starts_) && strip(text.substr(start), Strip::right).empty())
          text = text.substr(0, start);
      }
    }
    if (!text.empty()) add(TokenKind::data, std::string(text));
    advance(end);
  }

  /// Position of the end mark of the tag that is open; passes it with the white space that it takes.
  bool end_mark(std::string_view mark) {
    const std::string_view rest = std::string_view(source_).substr(at_);
    const bool minus = rest.starts_with('-') && rest.substr(1).starts_with(mark);
    const bool plus = rest.starts_with('+') && rest.substr(1).starts_with(mark) && mark != "}}";
    if (!minus && !plus && !rest.starts_with(mark)) return false;
    std::size_t end = at_ + mark.size() + (minus || plus ? 1 : 0);
    if (minus) {
      end = source_.size() - strip(std::string_view(source_).substr(end), Strip::left).size();
    } else if (!plus && mark != "}}" && end < source_.size() && source_[end] == '\n') {
      ++end;
    }
    line_starts_ = source_[end - 1] == '\n';
    advance(end);
    return true;
  }

  void comment() {
    for (; at_ < source_.size(); advance(at_ + 1)) {
      if (end_mark("#}")) return;
    }
    refuse("a comment is not closed");
  }

  /// {% raw %} … {% endraw %}: true when it was that.
  bool raw() {
    const std::size_t start = at_;
    const int line = line_;
    skip_space();
    const bool named = std::string_view(source_).substr(at_).starts_with("raw") &&
                       (at_ + 3 >= source_.size() || !is_name_part(source_[at_ + 3]));
    if (named) {
      at_ += 3;
      skip_space();
    }
    if (!named || !end_mark("%}")) {
      at_ = start;
      line_ = line;
      return false;
    }
    for (auto tag = source_.find("{%", at_); tag != source_.npos; tag = source_.find("{%", tag + 2)) {
      std::size_t name = tag + 2;
      if (name < source_.size() && (source_[name] == '-' || source_[name] == '+')) ++name;
      name = source_.size() - strip(std::string_view(source_).substr(name), Strip::left).size();
      if (!std::string_view(source_).substr(name).starts_with("endraw")) continue;
      data(tag);
      advance(name + 6);
      skip_space();
      if (!end_mark("%}")) refuse("endraw is not closed");
      return true;
    }
    refuse("raw has no endraw");
  }

  void skip_space() { advance(source_.size() - strip(std::string_view(source_).substr(at_), Strip::left).size()); }

  void expression_tag(char kind) {
    const std::string_view mark = kind == '{' ? "}}" : "%}";
    add(kind == '{' ? TokenKind::print_begin : TokenKind::block_begin, "");
    std::string open;  // brackets; inside of them }} is no end
    for (;;) {
      skip_space();
      if (at_ >= source_.size()) refuse(fmt::format("a tag is not closed by {}", mark));
      const int line = line_;
      if (open.empty() && end_mark(mark)) {
        tokens_.push_back({kind == '{' ? TokenKind::print_end : TokenKind::block_end, "", line});
        return;
      }
      token(open);
    }
  }

  void token(std::string& open) {
    const char c = source_[at_];
    if (is_name_start(c)) {
      const std::size_t start = at_;
      while (at_ < source_.size() && is_name_part(source_[at_])) ++at_;
      add(TokenKind::name, source_.substr(start, at_ - start));
    } else if (is_digit(c)) {
      number();
    } else if (c == '\'' || c == '"') {
      string(c);
    } else {
      op(open);
    }
  }

  void digits(std::string& out) {
    for (; at_ < source_.size() && (is_digit(source_[at_]) || source_[at_] == '_'); ++at_) {
      if (source_[at_] != '_') out += source_[at_];
    }
  }

  void number() {
    std::string text;
    digits(text);
    bool real = false;
    if (at_ + 1 < source_.size() && source_[at_] == '.' && is_digit(source_[at_ + 1])) {
      real = true;
      text += source_[at_++];
      digits(text);
    }
    if (at_ < source_.size() && (source_[at_] == 'e' || source_[at_] == 'E')) {
      std::size_t next = at_ + 1;
      if (next < source_.size() && (source_[next] == '+' || source_[next] == '-')) ++next;
      if (next < source_.size() && is_digit(source_[next])) {
        real = true;
        text += source_.substr(at_, next - at_);
        at_ = next;
        digits(text);
      }
    }
    add(real ? TokenKind::real : TokenKind::integer, std::move(text));
  }

  /// Python's escapes; an unknown one stays as it is.
  void string(char quote) {
    const int line = line_;
    std::string text;
    for (++at_;; ++at_) {
      if (at_ >= source_.size()) refuse("a string is not closed");
      const char c = source_[at_];
      if (c == quote) break;
      if (c == '\n') ++line_;
      if (c == '\\' && at_ + 1 < source_.size()) {
        escape(text);
      } else {
        text += c;
      }
    }
    ++at_;
    tokens_.push_back({TokenKind::text, std::move(text), line});
  }

  void escape(std::string& text) {
    static constexpr std::string_view names("ntrabfv0\\'\"", 11), values("\n\t\r\a\b\f\v\0\\'\"", 11);
    const char c = source_[++at_];
    const std::size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (digits > 0) {
      if (at_ + digits >= source_.size()) refuse("an escape in a string is cut short");
      char32_t value = 0;
      for (std::size_t i = 1; i <= digits; ++i) {
        const char digit = source_[at_ + i];
        if (!std::isxdigit(static_cast<unsigned char>(digit))) refuse("an escape in a string has a wrong digit");
        value = value * 16 + static_cast<char32_t>(digit <= '9' ? digit - '0' : (digit | 32) - 'a' + 10);
      }
      utf8::append(text, value);
      at_ += digits;
    } else if (c == '\n') {
      ++line_;
    } else if (const auto index = names.find(c); index != names.npos) {
      text += values[index];
    } else {
      text.append("\\").append(1, c);
    }
  }

  void op(std::string& open) {
    static constexpr std::string_view operators[] = {"//", "**", "==", "!=", ">=", "<=", "+", "-", "/",
                                                     "*",  "%",  "~",  "[",  "]",  "(",  ")", "{", "}",
                                                     ">",  "<",  "=",  ".",  ":",  "|",  ",", ";"};
    for (const auto name : operators) {
      if (!std::string_view(source_).substr(at_).starts_with(name)) continue;
      if (name == "(" || name == "[" || name == "{") open += name == "(" ? ')' : name == "[" ? ']' : '}';
      if (name == ")" || name == "]" || name == "}") {
        if (open.empty() || open.back() != name[0]) refuse(fmt::format("unexpected '{}'", name));
        open.pop_back();
      }
      add(TokenKind::op, std::string(name));
      at_ += name.size();
      return;
    }
    refuse(fmt::format("unexpected character '{}'", source_.substr(at_, utf8::decode(source_, at_).size)));
  }

  std::string source_;
  std::size_t at_ = 0;
  int line_ = 1;
  bool line_starts_ = true;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> lex(std::string_view source) {
  return Lexer(unify_newlines(source)).run();
}

}  // namespace etna::jinja
