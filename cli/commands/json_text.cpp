#include "cli/commands/json_text.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>

namespace etna::cli {

namespace {

template <class T>
void append(std::string& out, T value) {
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(value)) {
      out += std::isnan(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
      return;
    }
  }
  fmt::format_to(std::back_inserter(out), "{}", value);
}

void append(std::string& out, const std::string& text) {
  out += quoted_json(text);
}

template <class Range>
void append_list(std::string& out, const Range& values) {
  out += '[';
  bool first = true;
  for (const auto& value : values) {
    if (!first) out += ',';
    first = false;
    append(out, value);
  }
  out += ']';
}

template <class Rows>
void append_rows(std::string& out, const Rows& rows) {
  out += '[';
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i > 0) out += ',';
    append_list(out, rows[i]);
  }
  out += ']';
}

}  // namespace

std::string quoted_json(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string json_number(float value) {
  std::string out;
  append(out, value);
  return out;
}

std::string json_number(double value) {
  std::string out;
  append(out, value);
  return out;
}

void JsonText::key(std::string_view name) {
  if (!members_.empty()) members_ += ',';
  members_ += quoted_json(name) + ":";
}

JsonText& JsonText::add_json(std::string_view name, std::string_view json) {
  key(name);
  members_ += json;
  return *this;
}

JsonText& JsonText::add(std::string_view name, std::string_view text) {
  return add_json(name, quoted_json(text));
}

JsonText& JsonText::add(std::string_view name, bool value) {
  return add_json(name, value ? "true" : "false");
}

JsonText& JsonText::add(std::string_view name, double value) {
  key(name);
  append(members_, value);
  return *this;
}

JsonText& JsonText::add(std::string_view name, std::uint64_t value) {
  return add_json(name, fmt::format("{}", value));
}

JsonText& JsonText::add(std::string_view name, std::int64_t value) {
  return add_json(name, fmt::format("{}", value));
}

JsonText& JsonText::add(std::string_view name, std::span<const float> values) {
  key(name);
  append_list(members_, values);
  return *this;
}

JsonText& JsonText::add(std::string_view name, std::span<const double> values) {
  key(name);
  append_list(members_, values);
  return *this;
}

JsonText& JsonText::add(std::string_view name, std::span<const std::int32_t> values) {
  key(name);
  append_list(members_, values);
  return *this;
}

JsonText& JsonText::add(std::string_view name, std::span<const std::int64_t> values) {
  key(name);
  append_list(members_, values);
  return *this;
}

JsonText& JsonText::add(std::string_view name, std::span<const std::string> values) {
  key(name);
  append_list(members_, values);
  return *this;
}

JsonText& JsonText::add(std::string_view name, const std::vector<std::vector<float>>& rows) {
  key(name);
  append_rows(members_, rows);
  return *this;
}

JsonText& JsonText::add(std::string_view name, const std::vector<std::vector<std::int32_t>>& rows) {
  key(name);
  append_rows(members_, rows);
  return *this;
}

}  // namespace etna::cli
