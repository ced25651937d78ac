#include "engine/base/json.h"

#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/base/files.h"

namespace etna {

namespace {

/// The parser has no depth limit of its own and values are destroyed recursively: look before parsing.
void check_depth(std::string_view text, std::string_view where, int max_depth) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > max_depth) fail(Errc::corrupt, "{}: not valid JSON: nested more than {} levels deep", where, max_depth);
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
}

template <class Json>
Json parse(std::string_view text, std::string_view where, int max_depth) {
  check_depth(text, where, max_depth);
  try {
    return Json::parse(text);
  } catch (const typename Json::parse_error& error) {
    // nlohmann's text: "[json.exception.parse_error.101] parse error at line 1, column 3: syntax error …"
    std::string_view what = error.what();
    if (const auto at = what.find("] "); at != what.npos) what.remove_prefix(at + 2);
    fail(Errc::corrupt, "{}: not valid JSON: {}", where, what);
  } catch (const typename Json::exception& error) {
    fail(Errc::corrupt, "{}: not valid JSON: {}", where, error.what());
  }
}

}  // namespace

nlohmann::json parse_json(std::string_view text, std::string_view where, int max_depth) {
  return parse<nlohmann::json>(text, where, max_depth);
}

nlohmann::ordered_json parse_ordered_json(std::string_view text, std::string_view where, int max_depth) {
  return parse<nlohmann::ordered_json>(text, where, max_depth);
}

nlohmann::json read_json_file(const std::filesystem::path& path) {
  return parse_json(read_text_file(path), path.string());
}

}  // namespace etna
