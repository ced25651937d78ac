#include "engine/io/quote.h"

#include <fmt/core.h>

namespace etna {

std::string quote(std::string_view text) {
  constexpr std::size_t limit = 120;
  std::size_t length = text.size();
  if (length > limit) {
    length = limit;
    while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) --length;  // no half characters
  }
  std::string result = "\"";
  for (const char c : text.substr(0, length)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      result += fmt::format("\\x{:02x}", byte);
    else
      result += c;
  }
  return result + (length < text.size() ? "…\"" : "\"");
}

}  // namespace etna
