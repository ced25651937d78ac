#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace etna {

/// The tokens that a tokenizer puts around one text.
struct PostProcessor {
  std::vector<std::int32_t> before, after;
};

/// The "post_processor" section of a tokenizer.json; nothing around a text for null.
/// Throws corrupt or unsupported, naming `where` and the field or kind.
PostProcessor parse_post_processor(const nlohmann::json& section, std::string_view where);

}  // namespace etna
