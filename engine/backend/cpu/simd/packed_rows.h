#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/ops/packed_format.h"

/// Rows of packed weights in any format. Each format says once how its bytes become small integers and scales
/// (packed_codecs-inl.h); the products and the plain values below are written once over that.
namespace etna::cpu::simd {

/// Consecutive rows of k weights; pointers as the format has arrays (ops/quantized.h).
struct PackedRows {
  PackedFormat format;
  const std::byte* weight = nullptr;
  const std::byte* scales = nullptr;
  const std::byte* biases = nullptr;
  DType scale_dtype = DType::float32;
  std::int64_t k = 0;

  PackedRows row(std::int64_t index) const;
};

/// The k values of the first row: scale times code, plus the bias where there is one, in float32 arithmetic.
void dequantize_row(const PackedRows& w, float* to);

/// How products with one row of activations are computed.
enum class Arithmetic {
  floats,    ///< in float32
  integers,  ///< with activations rounded to 16 bits in groups of 32: five more bits than float16 has
};

/// Whether a format's weights are small integers times a scale. The 8-bit floats are not.
bool has_integer_codes(const PackedFormat& format);

/// One row of activations, padded with zeros to whole pieces of a row.
class PackedActivations {
public:
  PackedActivations(Arithmetic arithmetic, const float* x, std::int64_t k);

  Arithmetic arithmetic() const { return arithmetic_; }

  const float* values() const { return values_.data(); }

  const std::int16_t* integers() const { return integers_.data(); }

  /// What one of `integers` counts, by groups of 16 or 32.
  const float* steps(int group) const { return group == 16 ? steps_of_16_.data() : steps_of_32_.data(); }

  /// Sums over groups of 16 or 32.
  const float* sums(int group) const { return group == 16 ? sums_of_16_.data() : sums_of_32_.data(); }

private:
  Arithmetic arithmetic_;
  std::vector<float> values_;
  std::vector<std::int16_t> integers_;
  std::vector<float> steps_of_16_, steps_of_32_, sums_of_16_, sums_of_32_;
};

/// y[r] = Σ w[r][i] · x[i] for `rows` rows. Integers need has_integer_codes.
void packed_matvec(const PackedRows& w, std::int64_t rows, const PackedActivations& x, float* y);

}  // namespace etna::cpu::simd
