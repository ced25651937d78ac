#include "engine/backend/cpu/simd/packed_rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/backend/cpu/simd/packed_rows.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <cmath>
#include <limits>

#include "engine/backend/cpu/simd/packed_codecs-inl.h"

HWY_BEFORE_NAMESPACE();

namespace etna::cpu::simd::HWY_NAMESPACE {

// How far ahead of the arithmetic weights are asked for: about the latency of memory times its bandwidth per core.
constexpr std::int64_t prefetch_bytes = 4608;

HWY_INLINE void prefetch(const std::byte* from, std::int64_t bytes) {
  for (std::int64_t byte = 0; byte < bytes; byte += 64) {
    hwy::Prefetch(reinterpret_cast<const char*>(from) + byte + prefetch_bytes);
  }
}

/// Vectors that do not reach beyond a group.
template <class Codec>
using GroupFloats = hn::CappedTag<float, Codec::group>;
template <class Codec>
using GroupShorts = hn::CappedTag<std::int16_t, 16>;  // codes are loaded as they were stored, 16 bytes at a time

template <class Codec, class D>
HWY_INLINE auto load_codes(D d, const std::uint8_t* codes) {
  if constexpr (Codec::is_signed) {
    return hn::PromoteTo(d, hn::LoadU(hn::Rebind<std::int8_t, D>(), reinterpret_cast<const std::int8_t*>(codes)));
  } else {
    return hn::PromoteTo(d, hn::LoadU(hn::Rebind<std::uint8_t, D>(), codes));
  }
}

template <class Codec>
HWY_INLINE auto load_float_codes(const std::uint8_t* codes) {
  const GroupFloats<Codec> d;
  return hn::ConvertTo(d, load_codes<Codec>(hn::Rebind<std::int32_t, decltype(d)>(), codes));
}

template <class Codec>
void dequantize_with(const PackedRows& w, float* to) {
  const GroupFloats<Codec> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  Piece piece;
  for (std::int64_t first = 0; first < w.k; first += piece_size) {
    const std::int64_t count = std::min(piece_size, w.k - first);
    Codec::expand(w, first, count, piece);
    for (std::int64_t i = 0; i < count; i += lanes) {
      const auto scaled = hn::Mul(load_float_codes<Codec>(piece.codes + i), hn::Set(d, piece.scales[i / Codec::group]));
      if constexpr (Codec::has_biases) {
        hn::StoreU(hn::Add(scaled, hn::Set(d, piece.biases[i / Codec::group])), d, to + first + i);
      } else {
        hn::StoreU(scaled, d, to + first + i);
      }
    }
  }
}

/// Scales are loaded in no more than they were stored.
using Quads = hn::Full128<float>;

/// Scales times what one of the integers counts.
template <class Codec>
HWY_INLINE void scale_pieces(Piece& piece, const float* steps) {
  const Quads d;
  for (std::int64_t i = 0; i < piece_size / Codec::group; i += 4) {
    hn::StoreU(hn::Mul(hn::LoadU(d, piece.scales + i), hn::LoadU(d, steps + i)), d, piece.scales + i);
  }
}

/// What a piece's biases add to the product, in four running sums. Beyond the row both factors are zero.
template <class Codec, class Vector>
HWY_INLINE Vector add_biases(const Piece& piece, const float* sums, Vector total) {
  const Quads d;
  for (std::int64_t i = 0; i < piece_size / Codec::group; i += 4) {
    total = hn::MulAdd(hn::LoadU(d, piece.biases + i), hn::LoadU(d, sums + i), total);
  }
  return total;
}

/// A row's product. `group_sum(codes, i)` gives the partial sums of a group's codes times the activations from `i` on;
/// `steps`: what one of them counts, by group, or null for 1.
template <class Codec, class GroupSum>
HWY_INLINE float row_product(const PackedRows& w, const float* steps, const float* sums, const GroupSum& group_sum) {
  constexpr std::int64_t group = Codec::group;
  const auto d = group_sum.tag();
  const std::int64_t piece_bytes =
      w.format.row_elements(piece_size) * static_cast<std::int64_t>(size_of(traits(w.format.kind).weight));
  const std::byte* ahead = w.weight;
  auto bias_total = hn::Zero(Quads());
  auto even = hn::Zero(d), odd = hn::Zero(d);  // two chains of sums: neither waits for itself
  Piece piece;
  for (std::int64_t first = 0; first < w.k; first += piece_size, ahead += piece_bytes) {
    prefetch(ahead, piece_bytes);
    const std::int64_t count = std::min(piece_size, w.k - first);
    Codec::expand(w, first, count, piece);
    const float* of_piece = steps ? steps + first / group : nullptr;
    if (!Codec::single_scales && steps) scale_pieces<Codec>(piece, of_piece);
    const auto add = [&](auto total, std::int64_t i) HWY_ATTR {
      float scale = piece.scales[i / group];
      if (Codec::single_scales && steps) scale *= of_piece[i / group];
      return hn::MulAdd(group_sum(piece.codes + i, first + i), hn::Set(d, scale), total);
    };
    std::int64_t i = 0;
    for (; i + 2 * group <= count; i += 2 * group) {
      even = add(even, i);
      odd = add(odd, i + group);
    }
    if (i < count) even = add(even, i);
    if constexpr (Codec::has_biases) bias_total = add_biases<Codec>(piece, sums + first / group, bias_total);
  }
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(even, odd))) + hn::GetLane(hn::SumOfLanes(Quads(), bias_total));
}

template <class Codec>
struct FloatSum {
  const float* x;

  static HWY_INLINE GroupFloats<Codec> tag() { return {}; }

  HWY_INLINE auto operator()(const std::uint8_t* codes, std::int64_t first) const {
    auto sum = hn::Zero(tag());
    for (std::size_t i = 0; i < Codec::group; i += hn::Lanes(tag())) {
      sum = hn::MulAdd(load_float_codes<Codec>(codes + i), hn::LoadU(tag(), x + first + i), sum);
    }
    return sum;
  }
};

template <class Codec>
struct IntegerSum {
  const std::int16_t* x;

  using D32 = hn::RepartitionToWide<GroupShorts<Codec>>;

  static HWY_INLINE hn::Rebind<float, D32> tag() { return {}; }

  /// Sums of 32 products of 8 and 16 bits stay below 2^28.
  HWY_INLINE auto operator()(const std::uint8_t* codes, std::int64_t first) const {
    const GroupShorts<Codec> d;
    auto sum = hn::Zero(D32()), more = hn::Zero(D32());
    for (std::size_t i = 0; i < Codec::group; i += hn::Lanes(d)) {
      sum =
          hn::ReorderWidenMulAccumulate(D32(), load_codes<Codec>(d, codes + i), hn::LoadU(d, x + first + i), sum, more);
    }
    return hn::ConvertTo(tag(), hn::Add(sum, more));
  }
};

template <class Codec>
void multiply_with(const PackedRows& w, std::int64_t rows, const PackedActivations& x, float* y) {
  const float* sums = x.sums(Codec::group);
  for (std::int64_t r = 0; r < rows; ++r) {
    const PackedRows row = w.row(r);
    y[r] = x.arithmetic() == Arithmetic::integers
               ? row_product<Codec>(row, x.steps(Codec::group), sums, IntegerSum<Codec>{x.integers()})
               : row_product<Codec>(row, nullptr, sums, FloatSum<Codec>{x.values()});
  }
}

// ---- 8-bit floats: nearly the bits of a float16, whose exponent counts from another place

constexpr float e4m3_unit = 256;

/// Values in units of e4m3_unit.
template <class D>
HWY_INLINE auto load_e4m3(D d, const std::byte* from) {
  const hn::Rebind<std::int16_t, D> words;
  const auto bytes = hn::LoadU(hn::Rebind<std::uint8_t, D>(), reinterpret_cast<const std::uint8_t*>(from));
  // The sign at the top, four bits of exponent and three of mantissa one place lower than a float16 has them.
  const auto moved = hn::ShiftRight<1>(hn::ShiftLeft<8>(hn::PromoteTo(words, bytes)));
  const auto bits = hn::And(moved, hn::Set(words, static_cast<std::int16_t>(0xbfff)));
  return hn::PromoteTo(d, hn::BitCast(hn::Rebind<hwy::float16_t, D>(), bits));
}

HWY_INLINE float e4m3_at(const std::byte* from) {
  return hn::GetLane(load_e4m3(hn::CappedTag<float, 1>(), from)) * e4m3_unit;
}

HWY_INLINE float group_scale(const PackedRows& w, std::int64_t group) {
  if (w.format.kind == PackedKind::mxfp8) {
    const auto code = static_cast<std::uint32_t>(w.scales[group]);
    return code == 255 ? std::numeric_limits<float>::infinity() : 2 * halved_e8m0(code);
  }
  if (w.scale_dtype == DType::float32) {
    float value;
    std::memcpy(&value, w.scales + 4 * group, 4);
    return value;
  }
  std::uint16_t bits;
  std::memcpy(&bits, w.scales + 2 * group, 2);
  return w.scale_dtype == DType::float16 ? to_float(Float16{bits}) : to_float(BFloat16{bits});
}

void dequantize_e4m3(const PackedRows& w, float* to) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto unit = hn::Set(d, e4m3_unit);
  for (std::int64_t first = 0, group = 0; first < w.k; first += w.format.group_size, ++group) {
    const std::int64_t end = std::min(first + w.format.group_size, w.k);
    const float scale = group_scale(w, group);
    std::int64_t i = first;
    for (; i + lanes <= end; i += lanes) {
      hn::StoreU(hn::Mul(hn::Mul(load_e4m3(d, w.weight + i), unit), hn::Set(d, scale)), d, to + i);
    }
    for (; i < end; ++i) to[i] = e4m3_at(w.weight + i) * scale;
  }
}

float multiply_e4m3(const PackedRows& w, const float* x) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto unit = hn::Set(d, e4m3_unit);
  auto total = hn::Zero(d);
  float rest = 0;
  for (std::int64_t first = 0, group = 0; first < w.k; first += w.format.group_size, ++group) {
    const std::int64_t end = std::min(first + w.format.group_size, w.k);
    const float scale = group_scale(w, group);
    auto sum = hn::Zero(d);
    std::int64_t i = first;
    for (; i + lanes <= end; i += lanes) {
      hwy::Prefetch(reinterpret_cast<const char*>(w.weight) + i + prefetch_bytes);
      sum = hn::MulAdd(load_e4m3(d, w.weight + i), hn::LoadU(d, x + i), sum);
    }
    total = hn::MulAdd(hn::Mul(sum, unit), hn::Set(d, scale), total);
    for (; i < end; ++i) rest += e4m3_at(w.weight + i) * x[i] * scale;
  }
  return hn::GetLane(hn::SumOfLanes(d, total)) + rest;
}

void multiply_e4m3_rows(const PackedRows& w, std::int64_t rows, const PackedActivations& x, float* y) {
  for (std::int64_t r = 0; r < rows; ++r) y[r] = multiply_e4m3(w.row(r), x.values());
}

// ---- by format

struct Functions {
  void (*dequantize)(const PackedRows&, float*);
  void (*multiply)(const PackedRows&, std::int64_t rows, const PackedActivations&, float*);
};

template <class Codec>
constexpr Functions functions_of{dequantize_with<Codec>, multiply_with<Codec>};

Functions affine_functions(int bits) {
  switch (bits) {
    case 2: return functions_of<Affine<2>>;
    case 3: return functions_of<Affine<3>>;
    case 4: return functions_of<Affine<4>>;
    case 5: return functions_of<Affine<5>>;
    case 6: return functions_of<Affine<6>>;
    default: return functions_of<Affine<8>>;
  }
}

Functions find_functions(const PackedFormat& format) {
  switch (format.kind) {
    case PackedKind::affine: return affine_functions(format.bits);
    case PackedKind::mxfp4: return functions_of<Mxfp4>;
    case PackedKind::nvfp4: return functions_of<Nvfp4>;
    case PackedKind::q4_0: return functions_of<Q4_0>;
    case PackedKind::q4_1: return functions_of<Q4_1>;
    case PackedKind::q5_0: return functions_of<Q5_0>;
    case PackedKind::q5_1: return functions_of<Q5_1>;
    case PackedKind::q8_0: return functions_of<Q8_0>;
    case PackedKind::q2_k: return functions_of<Q2K>;
    case PackedKind::q3_k: return functions_of<Q3K>;
    case PackedKind::q4_k: return functions_of<Q4K>;
    case PackedKind::q5_k: return functions_of<Q5K>;
    case PackedKind::q6_k: return functions_of<Q6K>;
    case PackedKind::iq4_nl: return functions_of<Iq4Nl>;
    case PackedKind::ggml_mxfp4: return functions_of<GgmlMxfp4>;
    case PackedKind::mxfp8:
    case PackedKind::fp8_e4m3: break;
  }
  return {dequantize_e4m3, multiply_e4m3_rows};
}

void dequantize_row(const PackedRows& w, float* to) {
  find_functions(w.format).dequantize(w, to);
}

void packed_matvec(const PackedRows& w, std::int64_t rows, const PackedActivations& x, float* y) {
  find_functions(w.format).multiply(w, rows, x, y);
}

/// Sums over groups of 16 and 32.
void add_up(const float* x, std::int64_t count, float* of_16, float* of_32) {
  for (std::int64_t group = 0; group < count / 16; ++group) {
    float sum = 0;
    for (int i = 0; i < 16; ++i) sum += x[16 * group + i];
    of_16[group] = sum;
  }
  for (std::int64_t group = 0; group < count / 32; ++group) of_32[group] = of_16[2 * group] + of_16[2 * group + 1];
}

/// 32 activations as integers up to 32767; returns what one of them counts, NaN where one is not finite. Leaves in x
/// what the integers stand for.
float round_group(float* x, std::int16_t* to) {
  float most = 0, poison = 0;
  for (int i = 0; i < 32; ++i) most = std::fabs(x[i]) > most ? std::fabs(x[i]) : most;
  for (int i = 0; i < 32; ++i) poison += x[i] * 0;
  if (poison != 0) {  // integers could not pass that on
    std::fill_n(to, 32, std::int16_t{0});
    return std::numeric_limits<float>::quiet_NaN();
  }
  constexpr float largest = 32767;
  const float step = most / largest, inverse = step > 1e-37f ? largest / most : 0;
  for (int i = 0; i < 32; ++i) {
    const float scaled = x[i] * inverse;
    const auto value = static_cast<std::int32_t>(scaled + (scaled < 0 ? -0.5f : 0.5f));
    to[i] = static_cast<std::int16_t>(value);
    x[i] = static_cast<float>(value) * step;
  }
  return step;
}

void round_groups(float* x, std::int64_t count, std::int16_t* to, float* steps) {
  for (std::int64_t group = 0; group < count / 32; ++group) steps[group] = round_group(x + 32 * group, to + 32 * group);
}

}  // namespace etna::cpu::simd::HWY_NAMESPACE

HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace etna::cpu::simd {

HWY_EXPORT(dequantize_row);
HWY_EXPORT(packed_matvec);
HWY_EXPORT(add_up);
HWY_EXPORT(round_groups);

PackedRows PackedRows::row(std::int64_t index) const {
  const FormatTraits& kind = traits(format.kind);
  const auto scale_bytes = static_cast<std::int64_t>(kind.scales == ScaleType::floating ? size_of(scale_dtype) : 1);
  const std::int64_t scales_skipped = index * format.row_groups(k) * scale_bytes;
  PackedRows rows = *this;
  rows.weight += index * format.row_elements(k) * static_cast<std::int64_t>(size_of(kind.weight));
  if (scales) rows.scales += scales_skipped;
  if (biases) rows.biases += scales_skipped;
  return rows;
}

bool has_integer_codes(const PackedFormat& format) {
  return format.kind != PackedKind::mxfp8 && format.kind != PackedKind::fp8_e4m3;
}

PackedActivations::PackedActivations(Arithmetic arithmetic, const float* x, std::int64_t k)
    : arithmetic_(arithmetic), values_(x, x + k) {
  const std::int64_t size = (k + 255) / 256 * 256;
  values_.resize(static_cast<std::size_t>(size));
  sums_of_16_.resize(static_cast<std::size_t>(size / 16));
  sums_of_32_.resize(static_cast<std::size_t>(size / 32));
  if (arithmetic == Arithmetic::integers) {
    integers_.resize(values_.size());
    steps_of_16_.resize(sums_of_16_.size());
    steps_of_32_.resize(sums_of_32_.size());
    HWY_DYNAMIC_DISPATCH(round_groups)(values_.data(), size, integers_.data(), steps_of_32_.data());
    for (std::size_t i = 0; i < steps_of_16_.size(); ++i) steps_of_16_[i] = steps_of_32_[i / 2];
  }
  HWY_DYNAMIC_DISPATCH(add_up)(values_.data(), size, sums_of_16_.data(), sums_of_32_.data());
}

void dequantize_row(const PackedRows& w, float* to) {
  HWY_DYNAMIC_DISPATCH(dequantize_row)(w, to);
}

void packed_matvec(const PackedRows& w, std::int64_t rows, const PackedActivations& x, float* y) {
  HWY_DYNAMIC_DISPATCH(packed_matvec)(w, rows, x, y);
}

}  // namespace etna::cpu::simd

#endif
