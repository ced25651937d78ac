#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/array/dtype.h"
#include "engine/base/half.h"

/// Single elements of float32, float16 and bfloat16 in files, at any alignment.
namespace etna {

inline float load_float(const std::byte* bytes, DType dtype, std::size_t index) {
  if (dtype == DType::float32) {
    float value;
    std::memcpy(&value, bytes + index * sizeof(value), sizeof(value));
    return value;
  }
  std::uint16_t bits;
  std::memcpy(&bits, bytes + index * sizeof(bits), sizeof(bits));
  return dtype == DType::float16 ? to_float(Float16{bits}) : to_float(BFloat16{bits});
}

/// Rounds to the nearest value of the type.
inline void store_float(std::byte* bytes, DType dtype, std::size_t index, float value) {
  if (dtype == DType::float32) {
    std::memcpy(bytes + index * sizeof(value), &value, sizeof(value));
    return;
  }
  const std::uint16_t bits = dtype == DType::float16 ? to_float16(value).bits : to_bfloat16(value).bits;
  std::memcpy(bytes + index * sizeof(bits), &bits, sizeof(bits));
}

}  // namespace etna
