#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace etna::cli {

/// Limits of the probe protocol.
inline constexpr std::size_t max_ids = 1'048'576;
inline constexpr std::size_t max_rows = 256;
inline constexpr std::uint64_t max_numbers = 67'108'864;

/// Strict access to the fields of one request: each is read once by its type; what nobody read is refused. Throws Error
/// invalid_argument naming operation and field. null counts as absent where there is a default.
class Fields {
public:
  /// `source` is the object as it was written, for what depends on the order of keys.
  Fields(const nlohmann::json& object, std::string where, std::string_view source = {})
      : object_(object), where_(std::move(where)), source_(source) {}

  std::string text(const char* name);
  std::string text_or(const char* name, const std::string& fallback);
  bool boolean_or(const char* name, bool fallback);
  std::int64_t integer(const char* name, std::int64_t lowest, std::int64_t highest);
  std::int64_t integer_or(const char* name, std::int64_t lowest, std::int64_t highest, std::int64_t fallback);
  double number(const char* name);
  double number_or(const char* name, double fallback);

  /// `lowest` to max_ids token ids.
  std::vector<std::int32_t> ids(const char* name, std::size_t lowest);
  std::vector<std::int32_t> ids_or_none(const char* name);

  /// Lists of ids, each with at least one.
  std::vector<std::vector<std::int32_t>> rows_of_ids(const char* name);

  std::optional<std::vector<std::int64_t>> indices_or_none(const char* name);
  std::vector<float> floats(const char* name, std::size_t highest);

  /// Any JSON; none where it is absent or null.
  const nlohmann::json* any(const char* name);

  /// A nested object.
  Fields object(const char* name);

  const nlohmann::json& raw() const { return object_; }

  const std::string& where() const { return where_; }

  std::string_view source() const { return source_; }

  /// Refuses fields that were not read. Every operation calls it before it starts to work.
  void finish() const;

private:
  const nlohmann::json& required(const char* name);
  const nlohmann::json* optional(const char* name);
  [[noreturn]] void reject(const std::string& name, const std::string& wanted) const;
  std::int64_t to_integer(const nlohmann::json& value, const char* name, std::int64_t lowest,
                          std::int64_t highest) const;
  double to_number(const nlohmann::json& value, const char* name) const;
  std::vector<std::int32_t> to_ids(const nlohmann::json& value, const char* name, std::size_t lowest) const;

  const nlohmann::json& object_;
  std::string where_;
  std::string_view source_;
  std::set<std::string, std::less<>> read_;
};

}  // namespace etna::cli
