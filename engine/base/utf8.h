#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace etna::utf8 {

constexpr char32_t replacement = 0xFFFD;

struct CodePoint {
  char32_t value;    ///< U+FFFD where the bytes are broken
  std::size_t size;  ///< bytes taken, at least 1: a broken sequence is its maximal subpart (Unicode 15, section 3.9)
  bool valid;
};

/// The code point at byte `at` (< text.size()).
CodePoint decode(std::string_view text, std::size_t at);

/// Appends a code point; what is no scalar value becomes U+FFFD.
void append(std::string& out, char32_t value);

bool is_valid(std::string_view text);

/// The text with every broken sequence replaced by U+FFFD.
std::string make_valid(std::string_view text);

/// How many bytes at the end could still become a character when more bytes follow: 0 to 3.
std::size_t incomplete_tail(std::string_view bytes);

std::u32string to_utf32(std::string_view text);
std::string from_utf32(std::u32string_view text);

}  // namespace etna::utf8
