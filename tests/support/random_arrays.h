#pragma once

#include <cstdint>
#include <random>
#include <string_view>

#include "engine/array/array.h"
#include "engine/ops/quantized.h"

namespace etna::test {

/// Numbers in [-bound, bound), the same for the same seed.
Array random_array(Shape shape, DType dtype, std::uint32_t seed, float bound = 1.0f);
Array random_integers(Shape shape, std::int32_t below, std::uint32_t seed);

/// Codes, scales and biases of a random packed matrix (rows, columns).
PackedArrays random_affine(std::int64_t rows, std::int64_t columns, const PackedFormat& format, DType scale_dtype, std::uint32_t seed);

/// Any format, weights around ±1; for affine and fp8 the scales are of scale_dtype.
PackedArrays random_packed(std::int64_t rows, std::int64_t columns, const PackedFormat& format, DType scale_dtype, std::uint32_t seed);

enum class Layout { contiguous, transposed, strided, offset, broadcast };
const char* name(Layout layout);

/// A random array of `shape` whose elements lie in memory as `layout` says.
Array random_in_layout(const Shape& shape, DType dtype, Layout layout, std::uint32_t seed);

}  // namespace etna::test
