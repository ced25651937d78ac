#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace etna {

/// Typed access to one object of a configuration file. null counts as absent. Errors are corrupt and name file, key
/// and value. Only for .cpp files of this folder: it pulls in the JSON library.
class ConfigReader {
public:
  /// `path` is put before keys in messages: "rope_scaling." for a nested object.
  ConfigReader(const nlohmann::json& object, std::string file, std::string path = {});

  bool has(const char* key) const { return find(key) != nullptr; }

  std::int64_t integer(const char* key, std::int64_t lowest, std::int64_t highest) const;
  std::int64_t integer(const char* key, std::int64_t lowest, std::int64_t highest, std::int64_t fallback) const;
  double number(const char* key, double lowest, double highest, double fallback) const;
  std::optional<double> optional_number(const char* key, double lowest, double highest) const;
  bool boolean(const char* key, bool fallback) const;
  std::string text(const char* key, const std::string& fallback) const;

  /// A nested object, or none.
  std::optional<ConfigReader> object(const char* key) const;

  /// Token ids: one, a list, or none. Ids below 0 (some files write -1 for "none") are left out.
  std::vector<std::int32_t> token_ids(const char* key) const;

  const nlohmann::json* find(const char* key) const;

  const std::string& file() const { return file_; }

  const nlohmann::json& raw() const { return *object_; }

  /// Throws corrupt: "<file>: <key> is <value>; <wanted>".
  [[noreturn]] void reject(const char* key, const nlohmann::json& value, const std::string& wanted) const;

private:
  const nlohmann::json* object_;
  std::string file_;
  std::string path_;
};

/// A value as a message shows it, cut where it is long.
std::string shown(const nlohmann::json& value);

}  // namespace etna
