#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace etna {

/// A checksum that notices damage and tells contents apart; no protection against who makes equal ones on purpose. Four
/// lanes of multiply and rotate, so that it keeps up with memory.
inline std::uint64_t hash_bytes(std::span<const std::byte> bytes, std::uint64_t seed = 0) {
  constexpr std::uint64_t a = 0x9E3779B97F4A7C15, b = 0xC2B2AE3D27D4EB4F;
  const auto mix = [](std::uint64_t state, std::uint64_t word) { return std::rotl(state ^ (word * b), 31) * a; };
  std::uint64_t lanes[4] = {seed ^ a, seed ^ b, seed + a, seed + b};
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 32; left -= 32, at += 32) {
    std::uint64_t words[4];
    std::memcpy(words, at, sizeof words);
    for (int i = 0; i < 4; ++i) lanes[i] = mix(lanes[i], words[i]);
  }
  std::uint64_t tail[4] = {};
  if (left > 0) std::memcpy(tail, at, left);
  std::uint64_t hash = bytes.size();
  for (int i = 0; i < 4; ++i) hash = mix(hash, mix(lanes[i], tail[i]));
  hash ^= hash >> 29;
  hash *= b;
  return hash ^ hash >> 32;
}

inline std::uint64_t hash_text(std::string_view text, std::uint64_t seed = 0) { return hash_bytes(std::as_bytes(std::span(text)), seed); }

/// 16 digits.
inline std::string hash_digits(std::uint64_t hash) {
  std::string digits(16, '0');
  for (std::size_t i = 16; i-- > 0; hash >>= 4) digits[i] = "0123456789abcdef"[hash & 15];
  return digits;
}

}  // namespace etna
