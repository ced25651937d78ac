#include "engine/backend/cpu/simd/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/backend/cpu/simd/simd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/cache_control.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>

#include <algorithm>
#include <cstring>

HWY_BEFORE_NAMESPACE();

namespace etna::cpu::simd::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Df = hn::ScalableTag<float>;
using Du = hn::ScalableTag<std::uint32_t>;
using Di = hn::ScalableTag<std::int32_t>;
using D16 = hn::Rebind<std::uint16_t, Df>;
using Dh = hn::Rebind<hwy::float16_t, Df>;
using Vf = hn::Vec<Df>;

// How far ahead of the arithmetic weights are asked for: about the latency of memory times its bandwidth per core.
constexpr std::int64_t prefetch_bytes = 4608;

HWY_INLINE Vf load(const float* from) { return hn::LoadU(Df(), from); }

HWY_INLINE Vf load(const BFloat16* from) {
  const auto bits = hn::LoadU(D16(), reinterpret_cast<const std::uint16_t*>(from));
  return hn::BitCast(Df(), hn::ShiftLeft<16>(hn::PromoteTo(Du(), bits)));
}

HWY_INLINE Vf load(const Float16* from) {
  return hn::PromoteTo(Df(), hn::LoadU(Dh(), reinterpret_cast<const hwy::float16_t*>(from)));
}

template <class T>
void widen(const T* from, std::int64_t count, float* to) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(Df()));
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(load(from + i), Df(), to + i);
  for (; i < count; ++i) to[i] = to_float(from[i]);
}

void float16_to_float(const Float16* from, std::int64_t count, float* to) { widen(from, count, to); }

void bfloat16_to_float(const BFloat16* from, std::int64_t count, float* to) { widen(from, count, to); }

void float_to_float16(const float* from, std::int64_t count, Float16* to) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(Df()));
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    hn::StoreU(hn::DemoteTo(Dh(), load(from + i)), Dh(), reinterpret_cast<hwy::float16_t*>(to + i));
  }
  for (; i < count; ++i) to[i] = to_float16(from[i]);
}

void float_to_bfloat16(const float* from, std::int64_t count, BFloat16* to) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = to_bfloat16(from[i]);
}

float dot(const float* a, const float* b, std::int64_t count) {
  const Df d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  Vf sum0 = hn::Zero(d), sum1 = hn::Zero(d);
  std::int64_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    sum0 = hn::MulAdd(load(a + i), load(b + i), sum0);
    sum1 = hn::MulAdd(load(a + i + lanes), load(b + i + lanes), sum1);
  }
  for (; i + lanes <= count; i += lanes) sum0 = hn::MulAdd(load(a + i), load(b + i), sum0);
  float sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(sum0, sum1)));
  for (; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

void add_scaled(float factor, const float* from, std::int64_t count, float* to) {
  const Df d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const Vf scale = hn::Set(d, factor);
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(hn::MulAdd(load(from + i), scale, load(to + i)), d, to + i);
  for (; i < count; ++i) to[i] += factor * from[i];
}

/// Calls body(vector of inputs) → vector for each run of lanes; the tail goes through a padded copy.
template <class Body>
HWY_INLINE void map(const float* a, const float* b, std::int64_t count, float* to, const Body& body) {
  const Df d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(body(load(a + i), load(b + i)), d, to + i);
  if (i == count) return;
  HWY_ALIGN float in_a[HWY_MAX_BYTES / 4] = {}, in_b[HWY_MAX_BYTES / 4] = {}, out[HWY_MAX_BYTES / 4];
  const auto rest = static_cast<std::size_t>(count - i) * sizeof(float);
  std::memcpy(in_a, a + i, rest);
  std::memcpy(in_b, b + i, rest);
  hn::Store(body(hn::Load(d, in_a), hn::Load(d, in_b)), d, out);
  std::memcpy(to + i, out, rest);
}

float exponential_sum(const float* from, float shift, std::int64_t count, float* to) {
  const Df d;
  const Vf shifts = hn::Set(d, shift);
  map(from, from, count, to, [&](Vf a, Vf) { return hn::Exp(d, hn::Sub(a, shifts)); });
  double sum = 0;  // thousands of terms of one sign: float would lose the small ones
  for (std::int64_t i = 0; i < count; ++i) sum += static_cast<double>(to[i]);
  return static_cast<float>(sum);
}

void silu_multiply(const float* a, const float* b, std::int64_t count, float* to) {
  const Df d;
  const Vf one = hn::Set(d, 1);
  map(a, b, count, to, [&](Vf x, Vf y) { return hn::Mul(hn::Div(x, hn::Add(one, hn::Exp(d, hn::Neg(x)))), y); });
}

// 0.5 · x · (1 + tanh(u)) = x · sigmoid(2u)
void gelu_approximate_multiply(const float* a, const float* b, std::int64_t count, float* to) {
  const Df d;
  const Vf one = hn::Set(d, 1), minus_two_roots = hn::Set(d, -1.5957691216057308f), cubic = hn::Set(d, 0.044715f);
  map(a, b, count, to, [&](Vf x, Vf y) {
    const Vf u = hn::MulAdd(hn::Mul(hn::Mul(x, x), cubic), x, x);
    return hn::Mul(hn::Div(x, hn::Add(one, hn::Exp(d, hn::Mul(minus_two_roots, u)))), y);
  });
}

void clipped_swiglu(const float* a, const float* b, std::int64_t count, float* to) {
  const Df d;
  const Vf one = hn::Set(d, 1), limit = hn::Set(d, 7), minus_alpha = hn::Set(d, -1.702f);
  map(a, b, count, to, [&](Vf x, Vf y) {
    const Vf gate = hn::Min(x, limit), up = hn::Min(hn::Max(y, hn::Neg(limit)), limit);
    return hn::Mul(hn::Div(gate, hn::Add(one, hn::Exp(d, hn::Mul(minus_alpha, gate)))), hn::Add(up, one));
  });
}

// ---- rows times a vector

template <int kRows, class T>
HWY_INLINE void matvec_rows(const T* w, std::int64_t k, const float* x, float* y) {
  const Df d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  Vf sums[kRows];
  for (int r = 0; r < kRows; ++r) sums[r] = hn::Zero(d);
  std::int64_t i = 0;
  for (; i + lanes <= k; i += lanes) {
    const Vf xi = load(x + i);
    for (int r = 0; r < kRows; ++r) {
      const T* from = w + r * k + i;
      hwy::Prefetch(reinterpret_cast<const char*>(from) + prefetch_bytes);
      sums[r] = hn::MulAdd(load(from), xi, sums[r]);
    }
  }
  for (int r = 0; r < kRows; ++r) {
    y[r] = hn::GetLane(hn::SumOfLanes(d, sums[r]));
    for (std::int64_t tail = i; tail < k; ++tail) y[r] += to_float(w[r * k + tail]) * x[tail];
  }
}

template <class T>
void matvec_all(const T* w, std::int64_t rows, std::int64_t k, const float* x, float* y) {
  std::int64_t row = 0;
  for (; row + 4 <= rows; row += 4) matvec_rows<4>(w + row * k, k, x, y + row);
  for (; row < rows; ++row) matvec_rows<1>(w + row * k, k, x, y + row);
}

void matvec(DType dtype, const void* w, std::int64_t rows, std::int64_t k, const float* x, float* y) {
  switch (dtype) {
    case DType::float16: return matvec_all(static_cast<const Float16*>(w), rows, k, x, y);
    case DType::bfloat16: return matvec_all(static_cast<const BFloat16*>(w), rows, k, x, y);
    default: return matvec_all(static_cast<const float*>(w), rows, k, x, y);
  }
}

// ---- affine codes

std::int64_t permuted_size(int bits, std::int64_t k) {
  const auto block = static_cast<std::int64_t>(hn::Lanes(Du())) * (32 / bits);
  return (k + block - 1) / block * block;
}

void permute_activations(int bits, int group_size, Codes places, const float* x, std::int64_t k, float* permuted, float* sums) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(Du()));
  const std::int64_t codes = 32 / bits, block = lanes * codes;
  float factors[16];
  for (std::int64_t code = 0; code < codes; ++code) {
    const bool in_place = places == Codes::in_place && code + 1 < codes;
    factors[code] = in_place ? 1 / static_cast<float>(std::int64_t{1} << bits * code) : 1;
  }
  for (std::int64_t begin = 0; begin < k; begin += block) {
    const std::int64_t words = std::min(block, k - begin) / codes;
    float* out = permuted + begin;
    if (words < lanes) std::fill_n(out, block, 0.0f);
    for (std::int64_t word = 0; word < words; ++word) {
      for (std::int64_t code = 0; code < codes; ++code) out[code * lanes + word] = x[begin + word * codes + code] * factors[code];
    }
  }
  for (std::int64_t group = 0; group * group_size < k; ++group) {
    float sum = 0;
    for (int i = 0; i < group_size; ++i) sum += x[group * group_size + i];
    sums[group] = sum;
  }
}

// The longest row whose scales fit on the stack: 128 KiB of codes in groups of 32.
constexpr std::int64_t max_groups = 4096;
constexpr std::int64_t padding = HWY_MAX_BYTES / 4;

HWY_INLINE void load_scales(DType dtype, const void* from, std::int64_t first, std::int64_t count, float* to) {
  switch (dtype) {
    case DType::float16: widen(static_cast<const Float16*>(from) + first, count, to); break;
    case DType::bfloat16: widen(static_cast<const BFloat16*>(from) + first, count, to); break;
    default: std::memcpy(to, static_cast<const float*>(from) + first, static_cast<std::size_t>(count) * sizeof(float));
  }
  std::fill_n(to + count, padding, 0.0f);
}

/// Adds code kCode of each word times its activations, then the next code. Codes stay where they are in the word
/// (Codes::in_place): one instruction less for each.
template <int kBits, int kCode, int kRows>
HWY_INLINE void add_codes(const hn::Vec<Du>* words, const float* x, std::int64_t lanes, Vf* sums) {
  constexpr int codes = 32 / kBits;
  if constexpr (kCode < codes) {
    const Vf xi = load(x + kCode * lanes);
    const auto mask = hn::Set(Du(), ((1u << kBits) - 1) << kBits * (kCode % codes));
    for (int r = 0; r < kRows; ++r) {
      const auto code = kCode + 1 < codes ? hn::And(words[r], mask) : hn::ShiftRight<32 - kBits>(words[r]);
      const Vf value = hn::ConvertTo(Df(), hn::BitCast(Di(), code));
      sums[r] = kCode == 0 ? hn::Mul(value, xi) : hn::MulAdd(value, xi, sums[r]);
    }
    add_codes<kBits, kCode + 1, kRows>(words, x, lanes, sums);
  }
}

/// A vector of words covers one group, two, or more: their scales, each in the lanes of its group.
template <class Indices>
HWY_INLINE Vf spread_scales(const float* scales, std::int64_t groups_per_vector, const Indices& lanes_to_groups) {
  const Df d;
  if (groups_per_vector <= 1) return hn::Set(d, scales[0]);
#if HWY_TARGET != HWY_SCALAR
  // Two broadcasts wait less than a load that crosses what has just been stored.
  if (groups_per_vector == 2) return hn::ConcatUpperLower(d, hn::Set(d, scales[1]), hn::Set(d, scales[0]));
#endif
  return hn::TableLookupLanes(load(scales), lanes_to_groups);
}

template <int kBits, int kRows>
HWY_INLINE void affine_rows(const AffineRows& w, const float* permuted, const float* group_sums, float* y) {
  const Df d;
  const Du du;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(du));
  constexpr std::int64_t codes = 32 / kBits;
  const std::int64_t words = w.k / codes, groups = w.k / w.group_size, group_words = w.group_size / codes;
  const std::int64_t groups_per_vector = lanes / group_words;
  float scales[kRows][max_groups + padding], biases[kRows][max_groups + padding];
  for (int r = 0; r < kRows; ++r) {
    load_scales(w.scale_dtype, w.scales, r * groups, groups, scales[r]);
    load_scales(w.scale_dtype, w.biases, r * groups, groups, biases[r]);
  }
  HWY_ALIGN std::int32_t group_of_lane[HWY_MAX_BYTES / 4];
  for (std::int64_t i = 0; i < lanes; ++i) group_of_lane[i] = static_cast<std::int32_t>(i / group_words);
  const auto lanes_to_groups = hn::SetTableIndices(d, group_of_lane);
  Vf totals[kRows];
  for (int r = 0; r < kRows; ++r) totals[r] = hn::Zero(d);
  int group_shift = 0;  // a division per block would cost as much as the block
  while ((std::int64_t{1} << group_shift) < group_words) ++group_shift;
  for (std::int64_t word = 0; word < words; word += lanes) {
    hn::Vec<Du> block[kRows];
    for (int r = 0; r < kRows; ++r) {
      const std::uint32_t* from = w.words + r * words + word;
      hwy::Prefetch(from + kRows * words);  // the same place in the next rows: each line is asked for once, in time
      block[r] = word + lanes <= words ? hn::LoadU(du, from)
                                       : hn::MaskedLoad(hn::FirstN(du, static_cast<std::size_t>(words - word)), du, from);
    }
    Vf sums[kRows];
    add_codes<kBits, 0, kRows>(block, permuted + word * codes, lanes, sums);
    const std::int64_t group = word >> group_shift;
    for (int r = 0; r < kRows; ++r) {
      totals[r] = hn::MulAdd(sums[r], spread_scales(scales[r] + group, groups_per_vector, lanes_to_groups), totals[r]);
    }
  }
  for (int r = 0; r < kRows; ++r) {
    std::int64_t group = 0;
    for (; group + lanes <= groups; group += lanes) totals[r] = hn::MulAdd(load(biases[r] + group), load(group_sums + group), totals[r]);
    y[r] = hn::GetLane(hn::SumOfLanes(d, totals[r]));
    for (; group < groups; ++group) y[r] += biases[r][group] * group_sums[group];
  }
}

template <int kBits>
void affine_matvec_bits(const AffineRows& w, std::int64_t rows, const float* permuted, const float* sums, float* y) {
  std::int64_t row = 0;
  for (; row + 4 <= rows; row += 4) affine_rows<kBits, 4>(w.row(row), permuted, sums, y + row);
  for (; row < rows; ++row) affine_rows<kBits, 1>(w.row(row), permuted, sums, y + row);
}

void affine_matvec(const AffineRows& w, std::int64_t rows, const float* permuted, const float* sums, float* y) {
  if (w.bits == 2) return affine_matvec_bits<2>(w, rows, permuted, sums, y);
  if (w.bits == 4) return affine_matvec_bits<4>(w, rows, permuted, sums, y);
  affine_matvec_bits<8>(w, rows, permuted, sums, y);
}

template <int kBits, int kCode>
HWY_INLINE void store_codes(hn::Vec<Du> words, Vf scale, Vf bias, std::int64_t lanes, float* to) {
  if constexpr (kCode < 32 / kBits) {
    auto code = hn::ShiftRight<kCode * kBits>(words);
    if constexpr ((kCode + 1) * kBits < 32) code = hn::And(code, hn::Set(Du(), (1u << kBits) - 1));
    const Vf value = hn::ConvertTo(Df(), hn::BitCast(Di(), code));
    hn::StoreU(hn::MulAdd(value, scale, bias), Df(), to + kCode * lanes);
    store_codes<kBits, kCode + 1>(words, scale, bias, lanes, to);
  }
}

template <int kBits>
void dequantize_bits(const AffineRows& w, std::int64_t rows, float* to) {
  const Df d;
  const Du du;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(du));
  constexpr std::int64_t codes = 32 / kBits;
  const std::int64_t words = w.k / codes, groups = w.k / w.group_size, group_words = w.group_size / codes;
  const std::int64_t size = permuted_size(kBits, w.k);
  HWY_ALIGN std::int32_t group_of_lane[HWY_MAX_BYTES / 4];
  for (std::int64_t i = 0; i < lanes; ++i) group_of_lane[i] = static_cast<std::int32_t>(i / group_words);
  const auto spread = hn::SetTableIndices(d, group_of_lane);
  float scales[max_groups + padding], biases[max_groups + padding];
  for (std::int64_t row = 0; row < rows; ++row) {
    load_scales(w.scale_dtype, w.scales, row * groups, groups, scales);
    load_scales(w.scale_dtype, w.biases, row * groups, groups, biases);
    for (std::int64_t word = 0; word < words; word += lanes) {
      const std::uint32_t* from = w.words + row * words + word;
      const auto block = word + lanes <= words ? hn::LoadU(du, from)
                                               : hn::MaskedLoad(hn::FirstN(du, static_cast<std::size_t>(words - word)), du, from);
      const std::int64_t group = word / group_words;
      store_codes<kBits, 0>(block, hn::TableLookupLanes(load(scales + group), spread),
                            hn::TableLookupLanes(load(biases + group), spread), lanes, to + row * size + word * codes);
    }
  }
}

void affine_dequantize_permuted(const AffineRows& w, std::int64_t rows, float* to) {
  if (w.bits == 2) return dequantize_bits<2>(w, rows, to);
  if (w.bits == 4) return dequantize_bits<4>(w, rows, to);
  dequantize_bits<8>(w, rows, to);
}

}  // namespace etna::cpu::simd::HWY_NAMESPACE

HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace etna::cpu::simd {

HWY_EXPORT(float16_to_float);
HWY_EXPORT(bfloat16_to_float);
HWY_EXPORT(float_to_float16);
HWY_EXPORT(float_to_bfloat16);
HWY_EXPORT(dot);
HWY_EXPORT(add_scaled);
HWY_EXPORT(exponential_sum);
HWY_EXPORT(silu_multiply);
HWY_EXPORT(gelu_approximate_multiply);
HWY_EXPORT(clipped_swiglu);
HWY_EXPORT(matvec);
HWY_EXPORT(permuted_size);
HWY_EXPORT(permute_activations);
HWY_EXPORT(affine_matvec);
HWY_EXPORT(affine_dequantize_permuted);

const char* target_name() { return hwy::TargetName(hwy::SupportedTargets() & -hwy::SupportedTargets()); }

void float16_to_float(const Float16* from, std::int64_t count, float* to) { HWY_DYNAMIC_DISPATCH(float16_to_float)(from, count, to); }

void bfloat16_to_float(const BFloat16* from, std::int64_t count, float* to) { HWY_DYNAMIC_DISPATCH(bfloat16_to_float)(from, count, to); }

void float_to_float16(const float* from, std::int64_t count, Float16* to) { HWY_DYNAMIC_DISPATCH(float_to_float16)(from, count, to); }

void float_to_bfloat16(const float* from, std::int64_t count, BFloat16* to) { HWY_DYNAMIC_DISPATCH(float_to_bfloat16)(from, count, to); }

float dot(const float* a, const float* b, std::int64_t count) { return HWY_DYNAMIC_DISPATCH(dot)(a, b, count); }

void add_scaled(float factor, const float* from, std::int64_t count, float* to) {
  HWY_DYNAMIC_DISPATCH(add_scaled)(factor, from, count, to);
}

float exponential_sum(const float* from, float shift, std::int64_t count, float* to) {
  return HWY_DYNAMIC_DISPATCH(exponential_sum)(from, shift, count, to);
}

void silu_multiply(const float* a, const float* b, std::int64_t count, float* to) {
  HWY_DYNAMIC_DISPATCH(silu_multiply)(a, b, count, to);
}

void gelu_approximate_multiply(const float* a, const float* b, std::int64_t count, float* to) {
  HWY_DYNAMIC_DISPATCH(gelu_approximate_multiply)(a, b, count, to);
}

void clipped_swiglu(const float* a, const float* b, std::int64_t count, float* to) {
  HWY_DYNAMIC_DISPATCH(clipped_swiglu)(a, b, count, to);
}

void matvec(DType dtype, const void* w, std::int64_t rows, std::int64_t k, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(matvec)(dtype, w, rows, k, x, y);
}

AffineRows AffineRows::row(std::int64_t index) const {
  const auto skip = [&](const void* from) { return static_cast<const char*>(from) + index * (k / group_size) * static_cast<std::int64_t>(size_of(scale_dtype)); };
  AffineRows rows = *this;
  rows.words += index * (k * bits / 32);
  rows.scales = skip(scales);
  rows.biases = skip(biases);
  return rows;
}

std::int64_t permuted_size(int bits, std::int64_t k) { return HWY_DYNAMIC_DISPATCH(permuted_size)(bits, k); }

void permute_activations(int bits, int group_size, Codes codes, const float* x, std::int64_t k, float* permuted, float* sums) {
  HWY_DYNAMIC_DISPATCH(permute_activations)(bits, group_size, codes, x, k, permuted, sums);
}

void affine_matvec(const AffineRows& w, std::int64_t rows, const float* permuted, const float* sums, float* y) {
  HWY_DYNAMIC_DISPATCH(affine_matvec)(w, rows, permuted, sums, y);
}

void affine_dequantize_permuted(const AffineRows& w, std::int64_t rows, float* to) {
  HWY_DYNAMIC_DISPATCH(affine_dequantize_permuted)(w, rows, to);
}

}  // namespace etna::cpu::simd

#endif
