#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace etna {

/// Reads one document of hostile YAML 1.1 as the values of JSON, keys in their order. Plain scalars mean what PyYAML's
/// safe loader takes them for, with mlx-lm's addition that 1e-5 is a number. At most 64 levels, 1000 keys in a mapping
/// and 100,000 values; aliases, tags, several documents and keys that are no text are refused.
/// Throws corrupt with "<where>: line L: …".
nlohmann::ordered_json parse_yaml(std::string_view text, std::string_view where);

/// Block style, keys in their order; parse_yaml reads the same values.
std::string to_yaml(const nlohmann::ordered_json& value);

}  // namespace etna
