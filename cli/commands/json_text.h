#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace etna::cli {

/// Builds the members of a JSON object as text: floats with the fewest digits that read back as the same value of their
/// type, what is not finite as "NaN", "Infinity", "-Infinity". Broken UTF-8 in texts becomes U+FFFD.
class JsonText {
public:
  JsonText& add(std::string_view key, std::string_view text);

  JsonText& add(std::string_view key, const char* text) { return add(key, std::string_view(text)); }

  JsonText& add(std::string_view key, bool value);
  JsonText& add(std::string_view key, double value);
  JsonText& add(std::string_view key, std::uint64_t value);
  JsonText& add(std::string_view key, std::int64_t value);

  JsonText& add(std::string_view key, int value) { return add(key, std::int64_t{value}); }

  JsonText& add(std::string_view key, std::span<const float> values);
  JsonText& add(std::string_view key, std::span<const double> values);
  JsonText& add(std::string_view key, std::span<const std::int32_t> values);
  JsonText& add(std::string_view key, std::span<const std::int64_t> values);
  JsonText& add(std::string_view key, std::span<const std::string> values);
  JsonText& add(std::string_view key, const std::vector<std::vector<float>>& rows);
  JsonText& add(std::string_view key, const std::vector<std::vector<std::int32_t>>& rows);

  /// A value that is JSON already.
  JsonText& add_json(std::string_view key, std::string_view json);

  /// "{…}".
  std::string object() const { return "{" + members_ + "}"; }

  const std::string& members() const { return members_; }

private:
  void key(std::string_view name);

  std::string members_;
};

/// A text in quotes.
std::string quoted_json(std::string_view text);

/// A number with its type's fewest digits, or in quotes what is not finite.
std::string json_number(float value);
std::string json_number(double value);

}  // namespace etna::cli
