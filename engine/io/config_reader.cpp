#include "engine/io/config_reader.h"

#include <fmt/core.h>

#include <limits>

#include "engine/base/error.h"
#include "engine/io/quote.h"

namespace etna {

namespace {

using nlohmann::json;

std::string range(double lowest, double highest) {
  return fmt::format("it must be from {} to {}", lowest, highest);
}

/// Whether a JSON number is an integer inside the range (unsigned values above int64 are outside any).
bool integer_within(const json& value, std::int64_t lowest, std::int64_t highest) {
  if (!value.is_number_integer()) return false;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{INT64_MAX}) return false;
  const auto number = value.get<std::int64_t>();
  return number >= lowest && number <= highest;
}

}  // namespace

std::string shown(const json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  if (value.is_string()) return quote(value.get_ref<const std::string&>());
  return value.dump();
}

ConfigReader::ConfigReader(const json& object, std::string file, std::string path)
    : object_(&object), file_(std::move(file)), path_(std::move(path)) {
  if (!object.is_object()) {
    fail(Errc::corrupt, "{}: {} is {}, not an object", file_, path_.empty() ? "the whole" : path_, shown(object));
  }
}

const json* ConfigReader::find(const char* key) const {
  const auto found = object_->find(key);
  return found == object_->end() || found->is_null() ? nullptr : &*found;
}

void ConfigReader::reject(const char* key, const json& value, const std::string& wanted) const {
  fail(Errc::corrupt, "{}: {}{} is {}; {}", file_, path_, key, shown(value), wanted);
}

std::int64_t ConfigReader::integer(const char* key, std::int64_t lowest, std::int64_t highest) const {
  const json* value = find(key);
  if (!value) fail(Errc::corrupt, "{}: {}{} is missing", file_, path_, key);
  if (integer_within(*value, lowest, highest)) return value->get<std::int64_t>();
  reject(key, *value, fmt::format("it must be a whole number from {} to {}", lowest, highest));
}

std::int64_t ConfigReader::integer(const char* key, std::int64_t lowest, std::int64_t highest,
                                   std::int64_t fallback) const {
  return has(key) ? integer(key, lowest, highest) : fallback;
}

std::optional<double> ConfigReader::optional_number(const char* key, double lowest, double highest) const {
  const json* value = find(key);
  if (!value) return std::nullopt;
  if (!value->is_number()) reject(key, *value, "it must be a number");
  const double number = value->get<double>();
  if (!(number >= lowest && number <= highest)) reject(key, *value, range(lowest, highest));
  return number;
}

double ConfigReader::number(const char* key, double lowest, double highest, double fallback) const {
  return optional_number(key, lowest, highest).value_or(fallback);
}

bool ConfigReader::boolean(const char* key, bool fallback) const {
  const json* value = find(key);
  if (!value) return fallback;
  if (!value->is_boolean()) reject(key, *value, "it must be true or false");
  return value->get<bool>();
}

std::string ConfigReader::text(const char* key, const std::string& fallback) const {
  const json* value = find(key);
  if (!value) return fallback;
  if (!value->is_string()) reject(key, *value, "it must be a text");
  return value->get<std::string>();
}

std::optional<ConfigReader> ConfigReader::object(const char* key) const {
  const json* value = find(key);
  if (!value) return std::nullopt;
  if (!value->is_object()) reject(key, *value, "it must be an object");
  return ConfigReader(*value, file_, path_ + key + ".");
}

std::vector<std::int32_t> ConfigReader::token_ids(const char* key) const {
  const json* value = find(key);
  if (!value) return {};
  std::vector<std::int32_t> ids;
  for (const json& id : value->is_array() ? *value : json::array({*value})) {
    constexpr std::int64_t limit = std::numeric_limits<std::int32_t>::max();
    if (!integer_within(id, -limit, limit)) reject(key, id, "it must be a token id or a list of them");
    if (id.get<std::int64_t>() >= 0) ids.push_back(id.get<std::int32_t>());
  }
  return ids;
}

}  // namespace etna
