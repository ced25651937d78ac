#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "engine/base/utf8.h"

namespace etna {

/// A text from a file in quotes for a message: escaped, and cut when it is long.
inline std::string excerpt(std::string_view text) {
  constexpr std::size_t longest = 80;
  const bool cut = text.size() > longest;
  if (cut) text = text.substr(0, longest - utf8::incomplete_tail(text.substr(0, longest)));
  return fmt::format("{:?}{}", std::string(text), cut ? "…" : "");
}

}  // namespace etna
