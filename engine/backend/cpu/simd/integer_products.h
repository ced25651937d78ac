#pragma once

#include <cstdint>
#include <vector>

#include "engine/backend/cpu/simd/simd.h"

/// Products of affine codes with activations in integer arithmetic: several times fewer instructions than in float, so
/// that decoding waits for memory alone. Used for half-precision activations; float32 ones take the exact float path.
///
/// A group of activations becomes x ≈ step · (128 · high + low) with int8 high and low: 15 bits, four more than float16
/// holds. Codes are unsigned bytes, so one instruction (vpdpbusd, or vpmaddubsw and vpmaddwd) sums four products.
namespace etna::cpu::simd {

/// Whether this processor has the instructions for codes of `bits`.
bool has_integer_products(int bits);

/// One row of activations in the order that the kernels want.
class IntegerActivations {
public:
  IntegerActivations(int bits, int group_size, const float* x, std::int64_t k);

  const std::int8_t* planes() const { return planes_.data(); }
  const float* steps() const { return steps_.data(); }
  const float* sums() const { return sums_.data(); }

private:
  std::vector<std::int8_t> planes_;  // per block of weights: high, then low; for 4 bits even elements, then odd ones
  std::vector<float> steps_, sums_;  // by group, padded with zeros; sums are those of the rounded values
};

/// y[r] = Σ dequantized w[r][i] · x[i] for `rows` rows. has_integer_products(w.bits) must hold.
void affine_integer_matvec(const AffineRows& w, std::int64_t rows, const IntegerActivations& x, float* y);

}  // namespace etna::cpu::simd
