#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace etna {

/// One object of a model's configuration, read key by key; null counts as absent. What a family reads it understands:
/// check_unread() refuses the others that change the mathematics. All getters throw corrupt, naming file, key and
/// value, when a value has the wrong type or lies outside its range.
///
/// A value: copies share the parsed text, but each remembers for itself what was read from it.
class ConfigKeys {
public:
  ConfigKeys();  ///< no keys
  ConfigKeys(std::shared_ptr<const nlohmann::json> object, std::string file, std::string path = {});

  bool has(const char* key) const;
  bool is_text(const char* key) const;

  /// Without a fallback the key must be there.
  std::int64_t integer(const char* key, std::int64_t lowest, std::int64_t highest) const;
  std::int64_t integer(const char* key, std::int64_t lowest, std::int64_t highest, std::int64_t fallback) const;
  double number(const char* key, double lowest, double highest, double fallback) const;
  std::optional<double> optional_number(const char* key, double lowest, double highest) const;
  bool boolean(const char* key, bool fallback) const;
  std::string text(const char* key, const std::string& fallback) const;

  /// Empty where the key is absent. At most 65,536 entries.
  std::vector<double> numbers(const char* key) const;
  std::vector<std::int64_t> integers(const char* key) const;
  std::vector<std::string> texts(const char* key) const;
  std::vector<std::int32_t> token_ids(const char* key) const;  ///< one or a list; ids below 0 are left out

  /// A nested object, or none. Only its keys that are read through the result count as read.
  std::optional<ConfigKeys> object(const char* key) const;

  /// The value as JSON text, cut where it is long; "absent" where it is.
  std::string shown(const char* key) const;

  /// Throws unsupported: "<file>: <key> = <value> is not supported; <why>".
  [[noreturn]] void refuse(const char* key, const std::string& why) const;

  /// Throws unsupported, naming the key, if a key that changes what a model computes was neither read nor has the
  /// value at which it changes nothing: ignoring it would give wrong words silently.
  void check_unread() const;

  const std::string& file() const { return file_; }

  const nlohmann::json& raw() const { return *object_; }

private:
  std::shared_ptr<const nlohmann::json> object_;
  std::string file_;
  std::string path_;  // before keys in messages: "rope_scaling."
  mutable std::set<std::string> read_;
};

}  // namespace etna
