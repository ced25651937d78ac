#include "engine/template/text.h"

#include <utf8proc.h>

#include "engine/base/utf8.h"

namespace etna::jinja {

namespace {

utf8proc_category_t category(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

void append_upper(std::string& out, char32_t c) {
  if (c == 0xDF) {
    out += "SS";
  } else {
    utf8::append(out, static_cast<char32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(c))));
  }
}

void append_lower(std::string& out, char32_t c) {
  utf8::append(out, static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))));
}

template <class Function>
void each(std::string_view text, Function function) {
  for (std::size_t at = 0; at < text.size();) {
    const auto point = utf8::decode(text, at);
    function(point.value);
    at += point.size;
  }
}

template <class Remove>
std::string_view strip_if(std::string_view text, Strip side, Remove remove) {
  while (side != Strip::right && !text.empty()) {
    const auto point = utf8::decode(text, 0);
    if (!remove(point.value)) break;
    text.remove_prefix(point.size);
  }
  while (side != Strip::left && !text.empty()) {
    std::size_t at = text.size() - 1;
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
    if (!remove(utf8::decode(text, at).value)) break;
    text = text.substr(0, at);
  }
  return text;
}

}  // namespace

bool is_space(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1C && c <= 0x1F);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

std::string_view strip(std::string_view text, Strip side) {
  return strip_if(text, side, is_space);
}

std::string_view strip(std::string_view text, Strip side, std::string_view characters) {
  const auto set = utf8::to_utf32(characters);
  return strip_if(text, side, [&set](char32_t c) { return set.find(c) != set.npos; });
}

std::string upper(std::string_view text) {
  std::string out;
  each(text, [&out](char32_t c) { append_upper(out, c); });
  return out;
}

std::string lower(std::string_view text) {
  std::string out;
  each(text, [&out](char32_t c) { append_lower(out, c); });
  return out;
}

std::string capitalize(std::string_view text) {
  std::string out;
  each(text, [&out](char32_t c) { out.empty() ? append_upper(out, c) : append_lower(out, c); });
  return out;
}

std::string title(std::string_view text, bool (*word_start)(char32_t before)) {
  std::string out;
  char32_t before = 0;
  each(text, [&](char32_t c) {
    before == 0 || word_start(before) ? append_upper(out, c) : append_lower(out, c);
    before = c;
  });
  return out;
}

bool is_letter(char32_t c) {
  return category(c) >= UTF8PROC_CATEGORY_LU && category(c) <= UTF8PROC_CATEGORY_LO;
}

bool is_upper(char32_t c) {
  return category(c) == UTF8PROC_CATEGORY_LU;
}

bool is_lower(char32_t c) {
  return category(c) == UTF8PROC_CATEGORY_LL;
}

bool is_printable(char32_t c) {
  const auto kind = category(c);
  return c == ' ' || (kind != UTF8PROC_CATEGORY_CN && kind < UTF8PROC_CATEGORY_ZS);
}

std::string replace(std::string_view text, std::string_view from, std::string_view to, std::int64_t count) {
  std::string out;
  std::size_t at = 0;
  for (std::int64_t done = 0; count < 0 || done < count; ++done) {
    if (from.empty()) {  // before every character and at the end
      out += to;
      if (at >= text.size()) return out;
      const std::size_t size = utf8::decode(text, at).size;
      out.append(text, at, size);
      at += size;
      continue;
    }
    const auto found = text.find(from, at);
    if (found == text.npos) break;
    out.append(text, at, found - at).append(to);
    at = found + from.size();
  }
  return out.append(text, at);
}

std::size_t length(std::string_view text) {
  std::size_t count = 0;
  each(text, [&count](char32_t) { ++count; });
  return count;
}

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '\'': out += "&#39;"; break;
      case '"': out += "&#34;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace etna::jinja
