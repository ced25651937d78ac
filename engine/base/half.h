#pragma once

#include <bit>
#include <cstdint>

namespace etna {

/// IEEE binary16 in storage; arithmetic happens in float.
struct Float16 {
  std::uint16_t bits = 0;
};

/// The upper half of an IEEE binary32 in storage; arithmetic happens in float.
struct BFloat16 {
  std::uint16_t bits = 0;
};

inline float to_float(float value) { return value; }
inline float to_float(BFloat16 value) { return std::bit_cast<float>(std::uint32_t{value.bits} << 16); }
float to_float(Float16 value);

/// Nearest, ties to even; beyond the range becomes infinity, NaN stays NaN.
Float16 to_float16(float value);
BFloat16 to_bfloat16(float value);

template <class T>
T from_float(float value);
template <>
inline float from_float<float>(float value) { return value; }
template <>
inline Float16 from_float<Float16>(float value) { return to_float16(value); }
template <>
inline BFloat16 from_float<BFloat16>(float value) { return to_bfloat16(value); }

}  // namespace etna
