#pragma once

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <string_view>

namespace etna {

/// Parses hostile text: at most `max_depth` nested brackets, UTF-8 only, no NaN literals, nothing after the value.
/// Throws corrupt with "<where>: not valid JSON at line L column C: …".
nlohmann::json parse_json(std::string_view text, std::string_view where, int max_depth = 512);

/// The same, keeping the order of keys. Objects are lists: do not use it where they have thousands of keys.
nlohmann::ordered_json parse_ordered_json(std::string_view text, std::string_view where, int max_depth = 512);

/// Reads and parses a file. Throws not_found, io or corrupt, naming the file.
nlohmann::json read_json_file(const std::filesystem::path& path);

}  // namespace etna
