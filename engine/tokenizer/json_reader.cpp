#include "engine/tokenizer/json_reader.h"

#include <array>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/base/json.h"
#include "engine/base/utf8.h"

namespace etna {

namespace {

constexpr int deepest = 512;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Characters that end the plain part of a string: the quote, the backslash, and those that must be escaped.
constexpr std::array<bool, 256> make_string_ends() {
  std::array<bool, 256> ends{};
  for (std::size_t c = 0; c < 0x20; ++c) ends[c] = true;
  ends['"'] = ends['\\'] = true;
  return ends;
}

constexpr auto string_ends = make_string_ends();

/// What skip() has to look at inside brackets.
constexpr std::array<bool, 256> make_structure() {
  std::array<bool, 256> structure{};
  for (const char c : {'"', '[', ']', '{', '}'}) structure[static_cast<unsigned char>(c)] = true;
  return structure;
}

constexpr auto structure = make_structure();

}  // namespace

void JsonReader::malformed() const {
  parse_json(document_, where_, deepest);
  fail(Errc::corrupt, "{}: not valid JSON at byte {}", where_, at_);
}

std::string_view JsonReader::string() {
  if (peek() != '"') malformed();
  const std::size_t begin = ++at_;
  while (at_ < document_.size() && !string_ends[static_cast<unsigned char>(document_[at_])]) ++at_;
  if (at_ >= document_.size()) malformed();
  if (document_[at_] == '"') return document_.substr(begin, at_++ - begin);
  return unescape(begin);
}

/// The rest of a string whose first escape is at at_.
std::string_view JsonReader::unescape(std::size_t begin) {
  std::string text(document_.substr(begin, at_ - begin));
  for (;;) {
    if (at_ >= document_.size()) malformed();
    const char c = document_[at_++];
    if (c == '"') return unescaped_.store(text);
    if (static_cast<unsigned char>(c) < 0x20) malformed();
    if (c != '\\') {
      text += c;
      continue;
    }
    if (at_ >= document_.size()) malformed();
    const char escape = document_[at_++];
    if (escape != 'u') {
      constexpr std::string_view names = "\"\\/bfnrt", values = "\"\\/\b\f\n\r\t";
      const auto place = names.find(escape);
      if (place == names.npos) malformed();
      text += values[place];
      continue;
    }
    std::uint32_t value = hexadecimal();
    if (value >= 0xD800 && value < 0xDC00) {
      if (document_.substr(at_, 2) != "\\u") malformed();
      at_ += 2;
      const std::uint32_t low = hexadecimal();
      if (low < 0xDC00 || low >= 0xE000) malformed();
      value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00);
    } else if (value >= 0xDC00 && value < 0xE000) {
      malformed();
    }
    utf8::append(text, value);
  }
}

/// Four digits.
std::uint32_t JsonReader::hexadecimal() {
  if (document_.size() - at_ < 4) malformed();
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = document_[at_++];
    const auto digit = std::string_view("0123456789abcdefABCDEF").find(c);
    if (digit == std::string_view::npos) malformed();
    value = value * 16 + static_cast<std::uint32_t>(digit < 16 ? digit : digit - 6);
  }
  return value;
}

std::string_view JsonReader::number() {
  peek();
  const std::size_t begin = at_;
  const auto next_is = [this](auto accepts) { return at_ < document_.size() && accepts(document_[at_]); };
  const auto digits = [&] {
    if (!next_is(is_digit)) malformed();
    while (next_is(is_digit)) ++at_;
  };
  if (next_is([](char c) { return c == '-'; })) ++at_;
  if (next_is([](char c) { return c == '0'; })) {
    ++at_;
  } else {
    digits();
  }
  if (next_is([](char c) { return c == '.'; })) {
    ++at_;
    digits();
  }
  if (next_is([](char c) { return c == 'e' || c == 'E'; })) {
    ++at_;
    if (next_is([](char c) { return c == '+' || c == '-'; })) ++at_;
    digits();
  }
  return document_.substr(begin, at_ - begin);
}

/// From the opening quote to behind the closing one.
void JsonReader::skip_string() {
  for (++at_;; at_ += 2) {
    while (at_ < document_.size() && document_[at_] != '"' && document_[at_] != '\\') ++at_;
    if (at_ + 1 >= document_.size()) malformed();
    if (document_[at_] == '"') break;
  }
  ++at_;
}

std::string_view JsonReader::skip() {
  peek();
  const std::size_t begin = at_;
  strings_ = 0;
  for (int depth = 0; at_ < document_.size();) {
    if (depth > 0) {
      while (at_ < document_.size() && !structure[static_cast<unsigned char>(document_[at_])]) ++at_;
      if (at_ == document_.size()) break;
    }
    const char c = document_[at_];
    if (c == '"') {
      skip_string();
      ++strings_;
    } else if (c == '[' || c == '{') {
      if (++depth > deepest) malformed();
      ++at_;
    } else if (c == ']' || c == '}') {
      if (depth == 0) break;  // of what is around the value
      --depth;
      ++at_;
    } else if (depth == 0 && (c == ',' || c == ':' || is_space(c))) {
      break;
    } else {
      ++at_;
      continue;
    }
    if (depth == 0) break;
  }
  if (at_ == begin) malformed();
  return document_.substr(begin, at_ - begin);
}

}  // namespace etna
