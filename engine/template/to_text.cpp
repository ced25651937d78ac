#include "engine/template/to_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "engine/base/utf8.h"
#include "engine/template/error.h"
#include "engine/template/text.h"

namespace etna::jinja {

namespace {

constexpr int depth_limit = 600;

/// Fewest digits that read back as the value; an exponent below 1e-4 and from 1e16.
std::string float_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  const double size = std::fabs(value);
  const bool plain = size == 0 || (size >= 1e-4 && size < 1e16);
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific)
                       .ptr;
  std::string text(buffer, end);
  if (plain && text.find('.') == text.npos) text += ".0";
  return text;
}

std::string string_repr(std::string_view text) {
  const char quote = text.find('\'') != text.npos && text.find('"') == text.npos ? '"' : '\'';
  std::string out(1, quote);
  for (std::size_t at = 0; at < text.size();) {
    const auto point = utf8::decode(text, at);
    const char32_t c = point.value;
    at += point.size;
    if (c == '\\' || c == static_cast<unsigned char>(quote)) {
      out.append(1, '\\').append(1, static_cast<char>(c));
    } else if (c == '\n' || c == '\r' || c == '\t') {
      out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
    } else if (is_printable(c)) {
      utf8::append(out, c);
    } else {
      const auto value = static_cast<std::uint32_t>(c);
      out += value < 0x100     ? fmt::format("\\x{:02x}", value)
             : value < 0x10000 ? fmt::format("\\u{:04x}", value)
                               : fmt::format("\\U{:08x}", value);
    }
  }
  return out += quote;
}

void append_repr(std::string& out, const Value& value, int depth);

void append_items(std::string& out, const List& list, int depth) {
  out += list.tuple ? '(' : '[';
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    if (i > 0) out += ", ";
    append_repr(out, list.items[i], depth + 1);
  }
  if (list.tuple && list.items.size() == 1) out += ',';
  out += list.tuple ? ')' : ']';
}

void append_repr(std::string& out, const Value& value, int depth) {
  if (depth > depth_limit) fail_template("a value is nested too deeply to be printed");
  if (const auto* text = value.text()) {
    out += string_repr(*text);
  } else if (const auto* list = value.as_list()) {
    append_items(out, *list, depth);
  } else if (const auto* dict = value.as_dict()) {
    out += '{';
    bool first = true;
    for (const auto& [key, item] : dict->entries()) {
      if (!first) out += ", ";
      first = false;
      append_repr(out, key, depth + 1);
      out += ": ";
      append_repr(out, item, depth + 1);
    }
    out += '}';
  } else {
    out += value.is_undefined() ? "Undefined" : to_text(value);
  }
}

void append_json_string(std::string& out, std::string_view text, bool ascii) {
  out += '"';
  const auto unit = [&out](std::uint32_t value) { out += fmt::format("\\u{:04x}", value); };
  for (std::size_t at = 0; at < text.size();) {
    const auto point = utf8::decode(text, at);
    const auto c = static_cast<std::uint32_t>(point.value);
    at += point.size;
    static constexpr std::string_view special("\"\\\n\r\t\b\f"), letters("\"\\nrtbf");
    if (const auto index = c < 0x80 ? special.find(static_cast<char>(c)) : special.npos; index != special.npos) {
      out.append(1, '\\').append(1, letters[index]);
    } else if (c < 0x20 || (ascii && c > 0x7E && c < 0x10000)) {
      unit(c);
    } else if (ascii && c >= 0x10000) {
      unit(0xD800 + ((c - 0x10000) >> 10));
      unit(0xDC00 + ((c - 0x10000) & 0x3FF));
    } else {
      utf8::append(out, point.value);
    }
  }
  out += '"';
}

class JsonWriter {
public:
  explicit JsonWriter(const JsonStyle& style) : style_(style) {}

  void write(const Value& value, int depth) {
    if (depth > depth_limit) fail_template("tojson: a value is nested too deeply");
    if (const auto* text = value.text()) {
      append_json_string(out, *text, style_.ascii);
    } else if (const auto* list = value.as_list()) {
      write_list(*list, depth);
    } else if (const auto* dict = value.as_dict()) {
      write_dict(*dict, depth);
    } else {
      out += scalar(value);
    }
  }

  std::string out;

private:
  static std::string scalar(const Value& value) {
    if (value.is_none()) return "null";
    if (const auto* truth = value.get<bool>()) return *truth ? "true" : "false";
    if (const auto* number = value.get<double>(); number && !std::isfinite(*number)) {
      return std::isnan(*number) ? "NaN" : *number < 0 ? "-Infinity" : "Infinity";
    }
    if (!value.is_number()) fail_template("tojson: a value of type {} is not JSON", value.type_name());
    return to_text(value);
  }

  void new_line(int depth) {
    if (style_.indent < 0) return;
    out += '\n';
    out.append(static_cast<std::size_t>(style_.indent) * static_cast<std::size_t>(depth), ' ');
  }

  void write_list(const List& list, int depth) {
    out += '[';
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      if (i > 0) out += style_.item_separator;
      new_line(depth + 1);
      write(list.items[i], depth + 1);
    }
    if (!list.items.empty()) new_line(depth);
    out += ']';
  }

  void write_dict(const Dict& dict, int depth) {
    std::vector<std::pair<std::string, const Value*>> entries;
    for (const auto& [key, item] : dict.entries()) entries.emplace_back(key.text() ? *key.text() : scalar(key), &item);
    if (style_.sort_keys) std::sort(entries.begin(), entries.end());
    out += '{';
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (i > 0) out += style_.item_separator;
      new_line(depth + 1);
      append_json_string(out, entries[i].first, style_.ascii);
      out += style_.key_separator;
      write(*entries[i].second, depth + 1);
    }
    if (!entries.empty()) new_line(depth);
    out += '}';
  }

  const JsonStyle& style_;
};

}  // namespace

std::string to_text(const Value& value) {
  if (value.is_undefined()) return {};
  if (const auto* text = value.text()) return *text;
  if (value.is_none()) return "None";
  if (const auto* truth = value.get<bool>()) return *truth ? "True" : "False";
  if (const auto* number = value.get<std::int64_t>()) return std::to_string(*number);
  if (const auto* number = value.get<double>()) return float_text(*number);
  if (value.as_object()) return "<object>";
  if (const auto* function = value.as_function()) return fmt::format("<function {}>", function->name);
  return to_repr(value);
}

std::string to_repr(const Value& value) {
  std::string out;
  append_repr(out, value, 0);
  return out;
}

std::string to_json(const Value& value, const JsonStyle& style) {
  JsonWriter writer(style);
  writer.write(value, 0);
  return std::move(writer.out);
}

}  // namespace etna::jinja
