#include "engine/backend/cpu/packed_rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/base/half.h"

namespace etna::cpu {

namespace {

constexpr float largest_half = 65504;

struct Scaling {
  float scale, bias;
};

/// The larger end of the group is met exactly, and zero where the group spans it.
Scaling scaling(const float* from, std::int64_t count, float largest_code) {
  constexpr float least_scale = 1e-7f;
  const auto [low, high] = std::minmax_element(from, from + count);
  const bool negative = std::fabs(*low) > std::fabs(*high);
  float scale = std::max((*high - *low) / largest_code, least_scale);
  if (!negative) scale = -scale;
  const float edge = negative ? *low : *high;
  const float code = std::rint(edge / scale);
  if (code == 0) return {scale, 0};
  return {edge / code, edge};
}

Float16 stored(float value) { return to_float16(std::clamp(value, -largest_half, largest_half)); }

/// A NaN becomes code 0: nothing that is read later may depend on it, and converting it would be undefined.
std::uint32_t code_of(float value, float scale, float bias, float largest_code) {
  const float code = std::rint((value - bias) / scale);
  return code > 0 ? static_cast<std::uint32_t>(std::min(code, largest_code)) : 0;
}

// Byte by byte, which compilers turn into vector code; words are little-endian on every machine that Etna runs on.
void unpack_bytes(const std::uint8_t* codes, std::int64_t count, float scale, float bias, float* to) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<float>(codes[i]) * scale + bias;
}

void unpack_halves(const std::uint8_t* codes, std::int64_t count, float scale, float bias, float* to) {
  for (std::int64_t i = 0; i < count / 2; ++i) {
    to[2 * i] = static_cast<float>(codes[i] & 15) * scale + bias;
    to[2 * i + 1] = static_cast<float>(codes[i] >> 4) * scale + bias;
  }
}

}  // namespace

void pack_row(const CacheLayout& layout, const float* from, std::int64_t size, std::uint32_t* to) {
  const int bits = layout.bits;
  const std::int64_t group = layout.group_size, codes = size * bits / 32;
  const auto largest_code = static_cast<float>((1 << bits) - 1);
  std::fill_n(to, codes, 0u);
  for (std::int64_t first = 0; first < size; first += group) {
    const Scaling exact = scaling(from + first, group, largest_code);
    const Float16 scale = stored(exact.scale), bias = stored(exact.bias);
    to[codes + first / group] = scale.bits | static_cast<std::uint32_t>(bias.bits) << 16;
    for (std::int64_t i = first; i < first + group; ++i) {
      to[i * bits / 32] |= code_of(from[i], to_float(scale), to_float(bias), largest_code) << i * bits % 32;
    }
  }
}

void unpack_rows(const CacheLayout& layout, const std::uint32_t* from, std::int64_t count, std::int64_t size, float* to) {
  const std::int64_t group = layout.group_size, codes = size * layout.bits / 32, words = layout.width(size);
  const auto unpack = layout.bits == 4 ? unpack_halves : unpack_bytes;
  for (std::int64_t row = 0; row < count; ++row, from += words, to += size) {
    for (std::int64_t first = 0; first < size; first += group) {
      const std::uint32_t pair = from[codes + first / group];
      const float scale = to_float(Float16{static_cast<std::uint16_t>(pair)}), bias = to_float(Float16{static_cast<std::uint16_t>(pair >> 16)});
      unpack(reinterpret_cast<const std::uint8_t*>(from + first * layout.bits / 32), group, scale, bias, to + first);
    }
  }
}

}  // namespace etna::cpu
