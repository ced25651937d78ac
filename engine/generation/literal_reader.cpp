#include "engine/generation/literal_reader.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "engine/base/error.h"
#include "engine/base/utf8.h"

namespace etna {

namespace {

using nlohmann::ordered_json;

constexpr int max_depth = 64;
constexpr std::size_t max_values = 1000;

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

/// A number as JSON; discarded when `word` is none.
ordered_json number(std::string_view word) {
  if (word.starts_with('+')) word.remove_prefix(1);
  const char* end = word.data() + word.size();
  std::int64_t integer = 0;
  if (const auto read = std::from_chars(word.data(), end, integer); read.ec == std::errc() && read.ptr == end) {
    return integer;
  }
  double real = 0;
  const bool digits = word.find_first_not_of("0123456789+-.eE") == word.npos;
  if (const auto read = std::from_chars(word.data(), end, real); digits && read.ec == std::errc() && read.ptr == end) {
    return real;
  }
  return ordered_json(ordered_json::value_t::discarded);
}

}  // namespace

LiteralReader::LiteralReader(std::string_view text, std::string_view quote_mark)
    : text_(text), quote_mark_(quote_mark) {}

void LiteralReader::skip_space() {
  while (at_ < text_.size() && is_space(text_[at_])) ++at_;
}

bool LiteralReader::take(std::string_view mark) {
  skip_space();
  if (!text_.substr(at_).starts_with(mark)) return false;
  at_ += mark.size();
  return true;
}

void LiteralReader::expect(std::string_view mark) {
  if (!take(mark)) reject(mark);
}

bool LiteralReader::at_end() {
  skip_space();
  return at_ == text_.size();
}

void LiteralReader::reject(std::string_view wanted) const {
  fail(Errc::corrupt, "tool call: character {} is not {}", at_ + 1, wanted);
}

std::string LiteralReader::name() {
  skip_space();
  const std::size_t begin = at_;
  while (at_ < text_.size() && is_name(text_[at_])) ++at_;
  if (at_ == begin) reject("a name");
  return std::string(text_.substr(begin, at_ - begin));
}

ordered_json LiteralReader::value() {
  if (++depth_ > max_depth) fail(Errc::corrupt, "tool call: values are nested deeper than {} levels", max_depth);
  skip_space();
  ordered_json result;
  const char first = at_ < text_.size() ? text_[at_] : '\0';
  if (!quote_mark_.empty() && take(quote_mark_)) {
    result = marked_text();
  } else if (first == '{') {
    result = members();
  } else if (first == '[' || first == '(') {
    ++at_;
    result = list(first == '[' ? "]" : ")");
  } else if (quote_mark_.empty() && (first == '"' || first == '\'')) {
    ++at_;
    result = python_text(first);
  } else {
    result = bare_word();
  }
  --depth_;
  return result;
}

ordered_json LiteralReader::members() {
  expect("{");
  ordered_json result = ordered_json::object();
  while (!take("}")) {
    if (!result.empty()) expect(",");
    if (take("}")) break;  // a comma after the last member
    const std::string member = key();
    expect(":");
    result[member] = value();
    if (result.size() > max_values) fail(Errc::corrupt, "tool call: more than {} members", max_values);
  }
  return result;
}

ordered_json LiteralReader::list(std::string_view close) {
  ordered_json result = ordered_json::array();
  while (!take(close)) {
    if (!result.empty()) expect(",");
    if (take(close)) break;
    result.push_back(value());
    if (result.size() > max_values) fail(Errc::corrupt, "tool call: more than {} values in a list", max_values);
  }
  return result;
}

std::string LiteralReader::key() {
  skip_space();
  if (!quote_mark_.empty()) {
    if (take(quote_mark_)) return marked_text();
    const std::size_t end = text_.find(':', at_);
    if (end == text_.npos || end == at_) reject("a key");
    std::string_view word = text_.substr(at_, end - at_);
    at_ = end;
    while (is_space(word.back())) word.remove_suffix(1);
    return std::string(word);
  }
  const char quote = at_ < text_.size() ? text_[at_] : '\0';
  if (quote != '"' && quote != '\'') reject("a key in quotes");
  ++at_;
  return python_text(quote);
}

ordered_json LiteralReader::bare_word() {
  const std::size_t end = std::min(text_.find_first_of(",]})", at_), text_.size());
  std::string_view word = text_.substr(at_, end - at_);
  while (!word.empty() && is_space(word.back())) word.remove_suffix(1);
  if (word.empty()) reject("a value");
  at_ += word.size();
  if (word == "true" || word == "True") return true;
  if (word == "false" || word == "False") return false;
  if (word == "null" || word == "None") return nullptr;
  if (ordered_json read = number(word); !read.is_discarded()) return read;
  if (!quote_mark_.empty()) return std::string(word);
  at_ -= word.size();
  reject("a value");
}

std::string LiteralReader::marked_text() {
  const std::size_t end = text_.find(quote_mark_, at_);
  if (end == text_.npos) reject("the beginning of a text that ends");
  std::string result(text_.substr(at_, end - at_));
  at_ = end + quote_mark_.size();
  return result;
}

std::string LiteralReader::python_text(char quote) {
  std::string result;
  while (at_ < text_.size() && text_[at_] != quote) {
    const char c = text_[at_++];
    if (c == '\\')
      append_escape(result);
    else
      result += c;
  }
  if (at_ == text_.size()) reject("the end of a text");
  ++at_;
  return result;
}

void LiteralReader::append_escape(std::string& out) {
  if (at_ == text_.size()) return;
  const char c = text_[at_++];
  switch (c) {
    case 'n': out += '\n'; break;
    case 't': out += '\t'; break;
    case 'r': out += '\r'; break;
    case '\n': break;  // the line goes on
    case '\\':
    case '\'':
    case '"': out += c; break;
    case 'x': append_code_point(out, 2); break;
    case 'u': append_code_point(out, 4); break;
    case 'U': append_code_point(out, 8); break;
    default:  // Python keeps the backslash of what it does not know
      out += '\\';
      out += c;
  }
}

void LiteralReader::append_code_point(std::string& out, int digits) {
  const std::string_view hex = text_.substr(at_, static_cast<std::size_t>(digits));
  std::uint32_t code = 0;
  const auto read = std::from_chars(hex.data(), hex.data() + hex.size(), code, 16);
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  if (read.ec != std::errc() || read.ptr - hex.data() != digits || code > 0x10FFFF || surrogate) {
    reject("a character's number");
  }
  at_ += hex.size();
  utf8::append(out, static_cast<char32_t>(code));
}

}  // namespace etna
