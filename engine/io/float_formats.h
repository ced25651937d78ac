#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

/// The small floats of MXFP4, MXFP8 and NVFP4 (OCP Microscaling Formats, version 1.0; MLX's rules in formats.md §2.3).
namespace etna {

inline constexpr float e2m1_values[8] = {0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 3.0f, 4.0f, 6.0f};

inline float from_e2m1(std::uint32_t code) {
  const float magnitude = e2m1_values[code & 7];
  return code & 8 ? -magnitude : magnitude;
}

/// Nearest, ties to the even code, saturating; NaN becomes 6 as in MLX.
inline std::uint32_t to_e2m1(float value) {
  const float x = std::fabs(value);
  const std::uint32_t sign = std::signbit(value) ? 8 : 0;
  if (!(x <= 5.0f)) return std::isnan(x) ? 7 : sign | 7;
  if (x >= 3.5f) return sign | 6;
  if (x > 2.5f) return sign | 5;
  if (x >= 1.75f) return sign | 4;
  if (x > 1.25f) return sign | 3;
  if (x >= 0.75f) return sign | 2;
  return sign | (x > 0.25f ? 1u : 0u);
}

/// Bias 7, no infinities; 0x7f is read as 480, as MLX does.
inline float from_e4m3(std::uint32_t code) {
  const auto exponent = static_cast<int>(code >> 3 & 15);
  const auto mantissa = static_cast<float>(code & 7);
  const float magnitude = exponent ? std::ldexp(8.0f + mantissa, exponent - 10) : std::ldexp(mantissa, -9);
  return code & 128 ? -magnitude : magnitude;
}

/// Nearest, ties to even, saturating at 448.
inline std::uint32_t to_e4m3(float value) {
  const std::uint32_t sign = std::signbit(value) ? 128 : 0;
  const float x = std::fabs(value);
  if (!(x < 448.0f)) return sign | 0x7e;
  if (x < 0x1p-6f)
    return sign | static_cast<std::uint32_t>(std::nearbyint(x * 512.0f));  // subnormal, or the first normal
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t rounded = bits + 0x7ffff + (bits >> 20 & 1);
  return sign | std::min((rounded >> 20) - (120u << 3), 0x7eu);
}

/// 2^(byte - 127); 255 is infinite.
inline float from_e8m0(std::uint32_t byte) {
  return byte == 255 ? std::bit_cast<float>(0x7f800000u) : std::ldexp(1.0f, static_cast<int>(byte) - 127);
}

/// The power of two nearest to `value` on the logarithmic scale. Zero gives 1.
inline std::uint32_t to_e8m0(float value) {
  if (!(value > 0)) return 127;
  return static_cast<std::uint32_t>(std::clamp(std::nearbyint(std::log2(value)), -127.0f, 127.0f) + 127.0f);
}

}  // namespace etna
