#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace etna {

/// One tensor as the header of a safetensors file describes it; nothing but the JSON types is checked.
struct HeaderEntry {
  std::string name;
  std::string dtype;
  std::vector<std::uint64_t> shape;
  std::vector<std::uint64_t> offsets;  ///< exactly two
};

struct SafetensorsHeader {
  std::vector<HeaderEntry> entries;  ///< in the header's order; names may repeat
  std::map<std::string, std::string> metadata;
};

/// Parses the JSON of a header event by event, so that no document larger than its tensors is ever in memory.
/// Throws corrupt with a message that begins with `where`.
SafetensorsHeader parse_safetensors_header(std::string_view text, const std::string& where);

}  // namespace etna
