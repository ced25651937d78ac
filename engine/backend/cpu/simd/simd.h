#pragma once

#include <cstdint>

#include "engine/array/dtype.h"

/// The loops that deserve vector instructions, compiled for several instruction sets (Highway) and chosen at run time.
namespace etna::cpu::simd {

/// "AVX3", "AVX2", "SSE4", "NEON", …
const char* target_name();

void float16_to_float(const Float16* from, std::int64_t count, float* to);
void bfloat16_to_float(const BFloat16* from, std::int64_t count, float* to);
void float_to_float16(const float* from, std::int64_t count, Float16* to);
void float_to_bfloat16(const float* from, std::int64_t count, BFloat16* to);

float dot(const float* a, const float* b, std::int64_t count);

/// to[i] += factor · from[i]
void add_scaled(float factor, const float* from, std::int64_t count, float* to);

/// to[i] = exp(from[i] - shift); returns the sum.
float exponential_sum(const float* from, float shift, std::int64_t count, float* to);

/// to[i] = silu(a[i]) · b[i]
void silu_multiply(const float* a, const float* b, std::int64_t count, float* to);

/// to[i] = gelu(a[i]) · b[i] with the tanh formula
void gelu_approximate_multiply(const float* a, const float* b, std::int64_t count, float* to);

/// GateKind::clipped_swiglu of ops/elementwise.h
void clipped_swiglu(const float* a, const float* b, std::int64_t count, float* to);

/// y[r] = Σ w[r][i] · x[i] for `rows` rows of k elements stored as `dtype` (floating), one after the other.
void matvec(DType dtype, const void* w, std::int64_t rows, std::int64_t k, const float* x, float* y);

/// Rows of affine codes (ops/quantized.h), bits 2, 4 or 8.
struct AffineRows {
  const std::uint32_t* words = nullptr;
  const void* scales = nullptr;
  const void* biases = nullptr;
  DType scale_dtype = DType::float32;
  int bits = 4;
  int group_size = 64;
  std::int64_t k = 0;

  AffineRows row(std::int64_t index) const;
};

/// Vector lanes hold neighbouring words; a word's codes lie in one lane. So activations are put in the order in which
/// shifting words yields codes: [block of lanes][code in word][lane]. This is the padded length of a row.
std::int64_t permuted_size(int bits, std::int64_t k);

/// Where kernels leave a code inside its word. `in_place` saves a shift per code: code c then counts 2^(bits · c) times as
/// much, which permute_activations takes out of x (exactly: it is a power of two). The last code is always shifted.
enum class Codes { shifted, in_place };

/// x (k) in that order, padded with zeros to permuted_size; sums[g] = Σ of group g of x.
void permute_activations(int bits, int group_size, Codes codes, const float* x, std::int64_t k, float* permuted, float* sums);

/// y[r] = Σ dequantized w[r][i] · x[i], with x as permute_activations left it for codes in place.
void affine_matvec(const AffineRows& w, std::int64_t rows, const float* permuted, const float* sums, float* y);

/// Rows as float in permuted order, each permuted_size long, padding zero; they go with x for shifted codes.
void affine_dequantize_permuted(const AffineRows& w, std::int64_t rows, float* to);

}  // namespace etna::cpu::simd
