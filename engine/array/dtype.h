#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/half.h"

namespace etna {

/// Element types that kernels know (weights of other formats are packed in uint32 or uint8 arrays).
enum class DType : std::uint8_t { float32, float16, bfloat16, int32, uint32, uint8, boolean };

/// Bytes of one element.
std::size_t size_of(DType dtype);

/// "float32", "bool", …
const char* name(DType dtype);

inline bool is_floating(DType dtype) { return dtype <= DType::bfloat16; }

template <class T>
inline constexpr DType dtype_of = DType::float32;
template <>
inline constexpr DType dtype_of<Float16> = DType::float16;
template <>
inline constexpr DType dtype_of<BFloat16> = DType::bfloat16;
template <>
inline constexpr DType dtype_of<std::int32_t> = DType::int32;
template <>
inline constexpr DType dtype_of<std::uint32_t> = DType::uint32;
template <>
inline constexpr DType dtype_of<std::uint8_t> = DType::uint8;
template <>
inline constexpr DType dtype_of<bool> = DType::boolean;

}  // namespace etna
