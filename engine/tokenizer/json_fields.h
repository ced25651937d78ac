#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "engine/base/error.h"
#include "engine/tokenizer/regex.h"

/// Typed access to the sections of a tokenizer.json. For .cpp files: it brings in the JSON library.
namespace etna::json_fields {

/// nullptr when the field is absent or null. Throws corrupt when `section` is no object.
inline const nlohmann::json* find(const nlohmann::json& section, const char* name, std::string_view where) {
  if (!section.is_object()) fail(Errc::corrupt, "{}: not an object", where);
  const auto found = section.find(name);
  return found == section.end() || found->is_null() ? nullptr : &*found;
}

inline const nlohmann::json& require(const nlohmann::json& section, const char* name, std::string_view where) {
  const auto* value = find(section, name, where);
  if (value == nullptr) fail(Errc::corrupt, "{}: {} is missing", where, name);
  return *value;
}

inline bool boolean(const nlohmann::json& section, const char* name, bool otherwise, std::string_view where) {
  const auto* value = find(section, name, where);
  if (value != nullptr && !value->is_boolean()) fail(Errc::corrupt, "{}: {} is not true or false", where, name);
  return value == nullptr ? otherwise : value->get<bool>();
}

inline std::string string(const nlohmann::json& section, const char* name, std::string_view where) {
  const auto& value = require(section, name, where);
  if (!value.is_string()) fail(Errc::corrupt, "{}: {} is not a string", where, name);
  return value.get<std::string>();
}

inline std::string string_or(const nlohmann::json& section, const char* name, std::string otherwise,
                             std::string_view where) {
  return find(section, name, where) == nullptr ? otherwise : string(section, name, where);
}

/// An integer between 0 and 2³¹ - 1.
inline std::int32_t natural(const nlohmann::json& section, const char* name, std::int32_t otherwise,
                            std::string_view where) {
  const auto* value = find(section, name, where);
  if (value == nullptr) return otherwise;
  if (!value->is_number_integer() || *value < 0 || *value > 2147483647) {
    fail(Errc::corrupt, "{}: {} is {}, not an integer from 0", where, name, value->dump());
  }
  return value->get<std::int32_t>();
}

inline const nlohmann::json& array(const nlohmann::json& section, const char* name, std::string_view where) {
  const auto& value = require(section, name, where);
  if (!value.is_array()) fail(Errc::corrupt, "{}: {} is not a list", where, name);
  return value;
}

/// {"String": text} or {"Regex": pattern}.
struct Pattern {
  enum class Kind { text, regex } kind;
  std::string value;
};

inline Pattern pattern(const nlohmann::json& section, std::string_view where) {
  const auto& value = require(section, "pattern", where);
  if (find(value, "String", where) != nullptr) return {Pattern::Kind::text, string(value, "String", where)};
  return {Pattern::Kind::regex, string(value, "Regex", where)};
}

}  // namespace etna::json_fields
