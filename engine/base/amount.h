#pragma once

#include <cstdint>
#include <string>

namespace etna {

/// Bytes for people, with three digits: "412 MiB", "3.91 GiB".
std::string amount(std::uint64_t bytes);

/// "8 seconds", "15 minutes", "2 hours".
std::string duration_text(double seconds);

}  // namespace etna
