#pragma once

#include <string>
#include <string_view>

namespace etna {

/// Text out of a file as a message may show it: in quotes, control characters as \xNN, cut after 120 bytes.
std::string quote(std::string_view text);

}  // namespace etna
