#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace etna::byte_level {

/// GPT-2's alphabet: each byte is one visible character. Printable Latin-1 bytes stand for themselves, the other 68
/// are U+0100 onwards in order.
void append_encoded(std::string& out, std::string_view bytes);
std::string encode(std::string_view bytes);

/// The bytes of a token; nothing when a character is not of the alphabet.
std::optional<std::string> decode(std::string_view token);

}  // namespace etna::byte_level
