#pragma once

#include <array>
#include <cmath>
#include <cstdint>

namespace etna {

using PhiloxBlock = std::array<std::uint32_t, 4>;

/// Philox4x32-10: four random words for a counter under a key.
/// Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
inline PhiloxBlock philox(PhiloxBlock counter, std::uint32_t key0, std::uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0], b = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key0, static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key1, static_cast<std::uint32_t>(a)};
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return counter;
}

/// -log(-log(u)) with u in the open interval (0, 1): the upper 23 bits of a word, in the middle of their step, which a
/// float holds exactly.
inline float gumbel(std::uint32_t word) {
  const float uniform = (static_cast<float>(word >> 9) + 0.5f) * 0x1p-23f;
  return -std::log(-std::log(uniform));
}

}  // namespace etna
