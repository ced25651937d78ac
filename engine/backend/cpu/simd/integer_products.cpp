#include "engine/backend/cpu/simd/integer_products.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/base/error.h"

#if defined(__x86_64__)
// g++ 12 warns about the deliberately undefined values inside its own intrinsics.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#define ETNA_TARGET_VNNI __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,f16c")))
#define ETNA_TARGET_AVX2 __attribute__((target("avx2,fma,f16c")))
#else
#define ETNA_TARGET_AVX2
#endif

namespace etna::cpu::simd {

namespace {

constexpr std::int64_t max_groups = 4096;  // of one row
constexpr std::int64_t padding = 16;

// How far ahead of the arithmetic codes are asked for: about the latency of memory times a core's bandwidth.
constexpr std::int64_t prefetch_bytes = 6144;

enum class Instructions { none, avx2, vnni };

Instructions instructions() {
#if defined(__x86_64__)
  static const Instructions best = [] {
    if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) return Instructions::vnni;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? Instructions::avx2 : Instructions::none;
  }();
  return best;
#else
  return Instructions::none;
#endif
}

/// Bytes of packed codes that one step of the kernels takes.
std::int64_t block_bytes() { return instructions() == Instructions::vnni ? 64 : 32; }

}  // namespace

bool has_integer_products(int bits) {
  // Pairs of 8-bit codes overflow the 16-bit sums of AVX2.
  return instructions() == Instructions::vnni ? bits == 4 || bits == 8 : instructions() == Instructions::avx2 && bits == 4;
}

namespace {

constexpr int largest_group = 128;

/// One group as 15-bit values, cut into high and low; returns their sum. Plain loops: the compiler makes vectors of them.
ETNA_TARGET_AVX2 std::int32_t round_group(const float* x, int count, float inverse, std::int8_t* high, std::int8_t* low) {
  std::int32_t sum = 0;
  for (int i = 0; i < count; ++i) {
    const float scaled = x[i] * inverse;
    const auto value = static_cast<std::int32_t>(scaled + (scaled < 0 ? -0.5f : 0.5f));
    const std::int32_t upper = (value + 64) >> 7;
    sum += value;
    high[i] = static_cast<std::int8_t>(upper);
    low[i] = static_cast<std::int8_t>(value - upper * 128);  // -64 … 63
  }
  return sum;
}

/// NaN when an element is not finite: integers could not pass that on.
ETNA_TARGET_AVX2 float largest_magnitude(const float* x, int count) {
  float most[8] = {}, poison[8] = {};
  for (int i = 0; i < count; i += 8) {
    for (int j = 0; j < 8; ++j) {
      most[j] = std::fabs(x[i + j]) > most[j] ? std::fabs(x[i + j]) : most[j];
      poison[j] += x[i + j] * 0;
    }
  }
  float result = 0;
  for (int j = 0; j < 8; ++j) result = std::max(result, most[j]);
  for (int j = 0; j < 8; ++j) result += poison[j];
  return result;
}

/// Even elements to one place, odd ones to another.
ETNA_TARGET_AVX2 void deal(const std::int8_t* from, int count, std::int8_t* even, std::int8_t* odd) {
  for (int i = 0; i < count / 2; ++i) {
    even[i] = from[2 * i];
    odd[i] = from[2 * i + 1];
  }
}

}  // namespace

IntegerActivations::IntegerActivations(int bits, int group_size, const float* x, std::int64_t k) {
  const std::int64_t groups = k / group_size, bytes = block_bytes();
  const std::int64_t block = bits == 4 ? 2 * bytes : bytes;  // activations that one step takes
  const std::int64_t blocks = (k + block - 1) / block;
  planes_.assign(static_cast<std::size_t>(blocks * block * 2), 0);
  steps_.assign(static_cast<std::size_t>(groups + padding), 0);
  sums_.assign(static_cast<std::size_t>(groups + padding), 0);
  constexpr float largest = 127 * 128 + 63;
  for (std::int64_t group = 0; group < groups; ++group) {
    const float* from = x + group * group_size;
    const float most = largest_magnitude(from, group_size), step = most / largest;
    std::int8_t halves[2][largest_group];
    const std::int32_t sum = round_group(from, group_size, most > 0 ? largest / most : 0, halves[0], halves[1]);
    steps_[static_cast<std::size_t>(group)] = step;
    sums_[static_cast<std::size_t>(group)] = step * static_cast<float>(sum);
    // A group lies in one block, or covers whole blocks.
    for (std::int64_t first = 0; first < group_size; first += block) {
      const std::int64_t index = group * group_size + first, count = std::min<std::int64_t>(block, group_size - first);
      for (int plane = 0; plane < 2; ++plane) {
        std::int8_t* to = planes_.data() + index / block * block * 2 + plane * block;
        const std::int64_t place = index % block;
        if (bits == 4) deal(halves[plane] + first, static_cast<int>(count), to + place / 2, to + bytes + place / 2);
        else std::memcpy(to + place, halves[plane] + first, static_cast<std::size_t>(count));
      }
    }
  }
}

#if defined(__x86_64__)

namespace {

ETNA_TARGET_VNNI inline __m512 load_scales(DType dtype, const void* from, std::int64_t index, __mmask16 mask) {
  if (dtype == DType::float32) return _mm512_maskz_loadu_ps(mask, static_cast<const float*>(from) + index);
  const __m256i half = _mm256_maskz_loadu_epi16(mask, static_cast<const std::uint16_t*>(from) + index);
  if (dtype == DType::float16) return _mm512_cvtph_ps(half);
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}

/// Scales times steps of the activations into `factors`; returns the partial sums of what biases contribute.
ETNA_TARGET_VNNI inline __m512 prepare_row(const AffineRows& w, const IntegerActivations& x, float* factors) {
  const std::int64_t groups = w.k / w.group_size;
  __m512 sum = _mm512_setzero_ps();
  for (std::int64_t group = 0; group < groups; group += 16) {
    const auto mask = static_cast<__mmask16>(groups - group >= 16 ? 0xffff : (1 << (groups - group)) - 1);
    const __m512 scales = load_scales(w.scale_dtype, w.scales, group, mask);
    _mm512_storeu_ps(factors + group, _mm512_mul_ps(scales, _mm512_loadu_ps(x.steps() + group)));
    sum = _mm512_fmadd_ps(load_scales(w.scale_dtype, w.biases, group, mask), _mm512_loadu_ps(x.sums() + group), sum);
  }
  return sum;
}

/// Factors of the groups that a vector of 16 sums, of 64 bytes of codes, belongs to.
template <int kGroupBytes>
ETNA_TARGET_VNNI inline __m512 spread(const float* factors) {
  if constexpr (kGroupBytes >= 64) return _mm512_set1_ps(factors[0]);
  if constexpr (kGroupBytes == 32) return _mm512_insertf32x8(_mm512_set1_ps(factors[0]), _mm256_set1_ps(factors[1]), 1);
  const __m512i index = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
  return _mm512_permutexvar_ps(index, _mm512_castps128_ps512(_mm_loadu_ps(factors)));
}

/// Adds 64 bytes of codes to 16 running sums; codes beyond the row are masked off.
template <int kBits, int kGroupBytes>
ETNA_TARGET_VNNI inline __m512 vnni_block(const std::uint8_t* codes, __mmask64 mask, const std::int8_t* planes, const float* factors, __m512 totals) {
  _mm_prefetch(reinterpret_cast<const char*>(codes + prefetch_bytes), _MM_HINT_T0);
  const __m512i packed = _mm512_maskz_loadu_epi8(mask, codes), zero = _mm512_setzero_si512();
  const auto x = [&](int plane) ETNA_TARGET_VNNI { return _mm512_loadu_si512(planes + 64 * plane); };
  __m512i high, low;
  if constexpr (kBits == 4) {
    const __m512i nibble = _mm512_set1_epi8(15);
    const __m512i even = _mm512_and_si512(packed, nibble), odd = _mm512_and_si512(_mm512_srli_epi16(packed, 4), nibble);
    high = _mm512_dpbusd_epi32(_mm512_dpbusd_epi32(zero, even, x(0)), odd, x(1));
    low = _mm512_dpbusd_epi32(_mm512_dpbusd_epi32(zero, even, x(2)), odd, x(3));
  } else {
    high = _mm512_dpbusd_epi32(zero, packed, x(0));
    low = _mm512_dpbusd_epi32(zero, packed, x(1));
  }
  const __m512 sums = _mm512_cvtepi32_ps(_mm512_add_epi32(_mm512_slli_epi32(high, 7), low));
  return _mm512_fmadd_ps(sums, spread<kGroupBytes>(factors), totals);
}

template <int kBits, int kGroupSize>
ETNA_TARGET_VNNI float vnni_row(const AffineRows& w, const IntegerActivations& x) {
  constexpr std::int64_t group_bytes = kGroupSize * kBits / 8;
  const std::int64_t row_bytes = w.k * kBits / 8;
  float factors[max_groups + padding];
  __m512 totals = prepare_row(w, x, factors);
  const auto* codes = reinterpret_cast<const std::uint8_t*>(w.words);
  const std::int8_t* planes = x.planes();
  std::int64_t at = 0;
  for (; at + 64 <= row_bytes; at += 64, planes += kBits == 4 ? 256 : 128) {
    totals = vnni_block<kBits, group_bytes>(codes + at, ~__mmask64{0}, planes, factors + at / group_bytes, totals);
  }
  if (at < row_bytes) {
    const __mmask64 mask = (__mmask64{1} << (row_bytes - at)) - 1;
    std::fill_n(factors + w.k / kGroupSize, padding, 0.0f);
    totals = vnni_block<kBits, group_bytes>(codes + at, mask, planes, factors + at / group_bytes, totals);
  }
  return _mm512_reduce_add_ps(totals);
}

ETNA_TARGET_AVX2 inline __m256i load(const void* from) { return _mm256_loadu_si256(static_cast<const __m256i*>(from)); }

ETNA_TARGET_AVX2 inline float scale_at(DType dtype, const void* from, std::int64_t index) {
  if (dtype == DType::float32) return static_cast<const float*>(from)[index];
  if (dtype == DType::bfloat16) return to_float(static_cast<const BFloat16*>(from)[index]);
  return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(static_cast<const Float16*>(from)[index].bits)));
}

template <int kGroupSize>
ETNA_TARGET_AVX2 float avx2_row(const AffineRows& w, const IntegerActivations& x) {
  constexpr std::int64_t group_bytes = kGroupSize / 2;
  const std::int64_t row_bytes = w.k / 2, groups = w.k / kGroupSize;
  const __m256i nibble = _mm256_set1_epi8(15), one = _mm256_set1_epi16(1);
  float factors[max_groups + padding], bias_part = 0;
  for (std::int64_t group = 0; group < groups; ++group) {
    factors[group] = scale_at(w.scale_dtype, w.scales, group) * x.steps()[group];
    bias_part += scale_at(w.scale_dtype, w.biases, group) * x.sums()[group];
  }
  factors[groups] = 0;
  const auto* codes = reinterpret_cast<const std::uint8_t*>(w.words);
  const std::int8_t* planes = x.planes();
  __m256 totals = _mm256_setzero_ps();
  for (std::int64_t at = 0; at < row_bytes; at += 32, planes += 128) {
    _mm_prefetch(reinterpret_cast<const char*>(codes + at + prefetch_bytes), _MM_HINT_T0);
    alignas(32) std::uint8_t last[32] = {};
    if (row_bytes - at < 32) std::memcpy(last, codes + at, static_cast<std::size_t>(row_bytes - at));
    const __m256i packed = load(row_bytes - at < 32 ? last : codes + at);
    const __m256i even = _mm256_and_si256(packed, nibble), odd = _mm256_and_si256(_mm256_srli_epi16(packed, 4), nibble);
    // At most 4 · 15 · 127 in 16 bits.
    const __m256i high = _mm256_add_epi16(_mm256_maddubs_epi16(even, load(planes)), _mm256_maddubs_epi16(odd, load(planes + 32)));
    const __m256i low = _mm256_add_epi16(_mm256_maddubs_epi16(even, load(planes + 64)), _mm256_maddubs_epi16(odd, load(planes + 96)));
    const __m256i sum = _mm256_add_epi32(_mm256_slli_epi32(_mm256_madd_epi16(high, one), 7), _mm256_madd_epi16(low, one));
    const float* of = factors + at / group_bytes;
    const __m256 factor = group_bytes >= 32 ? _mm256_set1_ps(of[0]) : _mm256_set_m128(_mm_set1_ps(of[1]), _mm_set1_ps(of[0]));
    totals = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum), factor, totals);
  }
  const __m128 half = _mm_add_ps(_mm256_castps256_ps128(totals), _mm256_extractf128_ps(totals, 1));
  const __m128 pair = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_add_ss(pair, _mm_movehdup_ps(pair))) + bias_part;
}

template <int kGroupSize>
auto row_function(int bits) {
  if (instructions() == Instructions::avx2) return avx2_row<kGroupSize>;
  return bits == 4 ? vnni_row<4, kGroupSize> : vnni_row<8, kGroupSize>;
}

}  // namespace

void affine_integer_matvec(const AffineRows& w, std::int64_t rows, const IntegerActivations& x, float* y) {
  // One row after the other: memory is read in one line, which the processor's own prefetching likes best.
  const auto row = w.group_size == 32 ? row_function<32>(w.bits) : w.group_size == 64 ? row_function<64>(w.bits) : row_function<128>(w.bits);
  for (std::int64_t r = 0; r < rows; ++r) y[r] = row(w.row(r), x);
}

#else

void affine_integer_matvec(const AffineRows&, std::int64_t, const IntegerActivations&, float*) {
  fail(Errc::unsupported, "integer products need an x86-64 processor with AVX2");
}

#endif

}  // namespace etna::cpu::simd
