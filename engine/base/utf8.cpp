#include "engine/base/utf8.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

namespace etna::utf8 {

namespace {

/// What the first byte announces. The second byte of some sequences has a narrower range (no overlong forms, no
/// surrogates, nothing above U+10FFFF); all later bytes are 80 to BF.
struct Lead {
  std::size_t size;
  unsigned char low, high;
};

Lead lead(unsigned char first) {
  if (first < 0x80) return {1, 0, 0};
  if (first < 0xC2) return {0, 0, 0};
  if (first < 0xE0) return {2, 0x80, 0xBF};
  if (first < 0xF0)
    return {3, static_cast<unsigned char>(first == 0xE0 ? 0xA0 : 0x80),
            static_cast<unsigned char>(first == 0xED ? 0x9F : 0xBF)};
  if (first < 0xF5)
    return {4, static_cast<unsigned char>(first == 0xF0 ? 0x90 : 0x80),
            static_cast<unsigned char>(first == 0xF4 ? 0x8F : 0xBF)};
  return {0, 0, 0};
}

/// Bytes at `at` that fit the announced sequence: its size when it is complete.
std::size_t fitting(std::string_view text, std::size_t at, const Lead& lead) {
  std::size_t size = 1;
  while (size < lead.size && at + size < text.size()) {
    const auto byte = static_cast<unsigned char>(text[at + size]);
    if (byte < (size == 1 ? lead.low : 0x80) || byte > (size == 1 ? lead.high : 0xBF)) break;
    ++size;
  }
  return size;
}

/// Bytes below 0x80 at the beginning: all of them but for the last seven of the text.
std::size_t leading_ascii(std::string_view text) {
  static_assert(std::endian::native == std::endian::little);
  std::size_t size = 0;
  for (std::uint64_t word = 0; size + sizeof word <= text.size(); size += sizeof word) {
    std::memcpy(&word, text.data() + size, sizeof word);
    const std::uint64_t high_bits = word & 0x8080808080808080ULL;
    if (high_bits != 0) return size + static_cast<std::size_t>(std::countr_zero(high_bits)) / 8;
  }
  return size;
}

}  // namespace

CodePoint decode(std::string_view text, std::size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  if (first < 0x80) return {first, 1, true};
  const Lead expected = lead(first);
  if (expected.size == 0) return {replacement, 1, false};
  const std::size_t size = fitting(text, at, expected);
  if (size < expected.size) return {replacement, size, false};
  char32_t value = first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) value = (value << 6) | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
  return {value, size, true};
}

void append(std::string& out, char32_t value) {
  if (value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) value = replacement;
  const auto put = [&out](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (value < 0x80) {
    put(value);
  } else if (value < 0x800) {
    put(0xC0 | (value >> 6));
    put(0x80 | (value & 0x3F));
  } else if (value < 0x10000) {
    put(0xE0 | (value >> 12));
    put(0x80 | ((value >> 6) & 0x3F));
    put(0x80 | (value & 0x3F));
  } else {
    put(0xF0 | (value >> 18));
    put(0x80 | ((value >> 12) & 0x3F));
    put(0x80 | ((value >> 6) & 0x3F));
    put(0x80 | (value & 0x3F));
  }
}

bool is_valid(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    at += leading_ascii(text.substr(at));
    if (at == text.size()) break;
    const auto first = static_cast<unsigned char>(text[at]);
    const bool two = first >= 0xC2 && first < 0xE0 && at + 1 < text.size();
    if (two && (static_cast<unsigned char>(text[at + 1]) & 0xC0) == 0x80) {
      at += 2;
      continue;
    }
    const CodePoint point = decode(text, at);
    if (!point.valid) return false;
    at += point.size;
  }
  return true;
}

std::string make_valid(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode(text, at);
    if (point.valid) {
      out.append(text, at, point.size);
    } else {
      append(out, replacement);
    }
    at += point.size;
  }
  return out;
}

std::size_t incomplete_tail(std::string_view bytes) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, bytes.size()); ++back) {
    const std::size_t at = bytes.size() - back;
    const Lead expected = lead(static_cast<unsigned char>(bytes[at]));
    if (expected.size > back && fitting(bytes, at, expected) == back) return back;
  }
  return 0;
}

std::u32string to_utf32(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode(text, at);
    out += point.value;
    at += point.size;
  }
  return out;
}

std::string from_utf32(std::u32string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char32_t value : text) append(out, value);
  return out;
}

}  // namespace etna::utf8
