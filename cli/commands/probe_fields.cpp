#include "cli/commands/probe_fields.h"

#include <fmt/core.h>

#include <cmath>
#include <limits>

#include "engine/base/error.h"

namespace etna::cli {

namespace {

using nlohmann::json;

constexpr std::int64_t largest_id = std::numeric_limits<std::int32_t>::max();

/// A field's name as a message shows it.
std::string cut(const std::string& name) {
  return name.size() <= 60 ? name : name.substr(0, 60) + "…";
}

}  // namespace

void Fields::reject(const std::string& name, const std::string& wanted) const {
  fail(Errc::invalid_argument, "{}: {} must be {}", where_, name, wanted);
}

const json& Fields::required(const char* name) {
  read_.insert(name);
  const auto found = object_.find(name);
  if (found == object_.end()) fail(Errc::invalid_argument, "{}: {} is missing", where_, name);
  return *found;
}

const json* Fields::optional(const char* name) {
  read_.insert(name);
  const auto found = object_.find(name);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

std::string Fields::text(const char* name) {
  const json& value = required(name);
  if (!value.is_string()) reject(name, "a text");
  return value.get<std::string>();
}

std::string Fields::text_or(const char* name, const std::string& fallback) {
  return optional(name) ? text(name) : fallback;
}

bool Fields::boolean_or(const char* name, bool fallback) {
  const json* value = optional(name);
  if (!value) return fallback;
  if (!value->is_boolean()) reject(name, "true or false");
  return value->get<bool>();
}

std::int64_t Fields::to_integer(const json& value, const char* name, std::int64_t lowest, std::int64_t highest) const {
  const bool fits =
      value.is_number_unsigned() ? value.get<std::uint64_t>() <= std::uint64_t{INT64_MAX} : value.is_number_integer();
  const std::int64_t number = fits ? value.get<std::int64_t>() : 0;
  if (!fits || number < lowest || number > highest) {
    reject(name, highest == INT64_MAX ? fmt::format("a whole number, at least {}", lowest)
                                      : fmt::format("a whole number from {} to {}", lowest, highest));
  }
  return number;
}

std::int64_t Fields::integer(const char* name, std::int64_t lowest, std::int64_t highest) {
  return to_integer(required(name), name, lowest, highest);
}

std::int64_t Fields::integer_or(const char* name, std::int64_t lowest, std::int64_t highest, std::int64_t fallback) {
  const json* value = optional(name);
  return value ? to_integer(*value, name, lowest, highest) : fallback;
}

double Fields::to_number(const json& value, const char* name) const {
  if (value.is_number()) return value.get<double>();
  if (value == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (value == "Infinity") return std::numeric_limits<double>::infinity();
  if (value == "-Infinity") return -std::numeric_limits<double>::infinity();
  reject(name, "a number");
}

double Fields::number(const char* name) {
  return to_number(required(name), name);
}

double Fields::number_or(const char* name, double fallback) {
  const json* value = optional(name);
  return value ? to_number(*value, name) : fallback;
}

std::vector<std::int32_t> Fields::to_ids(const json& value, const char* name, std::size_t lowest) const {
  if (!value.is_array()) reject(name, "a list of token ids");
  if (value.size() < lowest || value.size() > max_ids) reject(name, fmt::format("{} to {} token ids", lowest, max_ids));
  std::vector<std::int32_t> ids;
  ids.reserve(value.size());
  for (const json& id : value) ids.push_back(static_cast<std::int32_t>(to_integer(id, name, 0, largest_id)));
  return ids;
}

std::vector<std::int32_t> Fields::ids(const char* name, std::size_t lowest) {
  return to_ids(required(name), name, lowest);
}

std::vector<std::int32_t> Fields::ids_or_none(const char* name) {
  const json* value = optional(name);
  return value ? to_ids(*value, name, 0) : std::vector<std::int32_t>();
}

std::vector<std::vector<std::int32_t>> Fields::rows_of_ids(const char* name) {
  const json& value = required(name);
  if (!value.is_array() || value.empty() || value.size() > max_rows)
    reject(name, fmt::format("1 to {} lists of token ids", max_rows));
  std::vector<std::vector<std::int32_t>> rows;
  for (const json& row : value) rows.push_back(to_ids(row, name, 1));
  return rows;
}

std::optional<std::vector<std::int64_t>> Fields::indices_or_none(const char* name) {
  const json* value = optional(name);
  if (!value) return std::nullopt;
  if (!value->is_array()) reject(name, "a list of whole numbers");
  std::vector<std::int64_t> indices;
  for (const json& index : *value) indices.push_back(to_integer(index, name, 0, INT64_MAX));
  return indices;
}

std::vector<float> Fields::floats(const char* name, std::size_t highest) {
  const json& value = required(name);
  if (!value.is_array() || value.empty() || value.size() > highest)
    reject(name, fmt::format("a list of 1 to {} numbers", highest));
  std::vector<float> numbers;
  numbers.reserve(value.size());
  for (const json& number : value) numbers.push_back(static_cast<float>(to_number(number, name)));
  return numbers;
}

const json* Fields::any(const char* name) {
  return optional(name);
}

Fields Fields::object(const char* name) {
  const json& value = required(name);
  if (!value.is_object()) reject(name, "an object");
  return Fields(value, where_ + ": " + name);
}

void Fields::finish() const {
  for (const auto& [name, value] : object_.items()) {
    if (!read_.contains(name)) fail(Errc::invalid_argument, "{}: unknown field \"{}\"", where_, cut(name));
  }
}

}  // namespace etna::cli
