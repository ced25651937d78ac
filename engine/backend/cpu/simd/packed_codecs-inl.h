// How each format's bytes become small integers and scales. Compiled once per instruction set (packed_rows.cpp): the
// guard is Highway's, switched with each target.
#if defined(ETNA_PACKED_CODECS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ETNA_PACKED_CODECS_INL_H_
#undef ETNA_PACKED_CODECS_INL_H_
#else
#define ETNA_PACKED_CODECS_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "engine/backend/cpu/simd/packed_rows.h"

HWY_BEFORE_NAMESPACE();

namespace etna::cpu::simd::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Weights are taken apart in pieces of so many: the largest block of any format.
constexpr std::int64_t piece_size = 256;

/// Up to 256 weights: w[i] = codes[i] · scales[i / group] + biases[i / group], group being the codec's, 16 or 32.
struct Piece {
  HWY_ALIGN std::uint8_t codes[piece_size];  // signed or unsigned as the codec says
  HWY_ALIGN float scales[piece_size / 16];
  HWY_ALIGN float biases[piece_size / 16];
};

/// What a codec is: `group`; `is_signed`, of the codes; `has_biases`; and
///   expand(row, first, count, piece)
/// for weights [first, first + count) of a row, first being a multiple of 256 and count of the format's block.
template <int kGroup, bool kSigned, bool kBiases>
struct CodecTraits {
  static constexpr int group = kGroup;
  static constexpr bool is_signed = kSigned;
  static constexpr bool has_biases = kBiases;

  /// Whether scales are stored one by one: then they are not to be loaded as a vector right away.
  static constexpr bool single_scales = false;
};

// Sixteen bytes at a time: the unit that all formats are laid out in.
using D8 = hn::Full128<std::uint8_t>;
using V8 = hn::Vec<D8>;

HWY_INLINE V8 bytes_at(const std::uint8_t* from) {
  return hn::LoadU(D8(), from);
}

HWY_INLINE V8 low_nibbles(V8 v) {
  return hn::And(v, hn::Set(D8(), 15));
}

HWY_INLINE V8 high_nibbles(V8 v) {
  return hn::ShiftRight<4>(v);
}

HWY_INLINE void put(V8 v, std::uint8_t* to) {
  hn::StoreU(v, D8(), to);
}

// What is stored narrow and loaded wide again waits for the store to finish: so single numbers go through registers.

HWY_INLINE V8 repeat_word(const std::uint8_t* from) {
  std::uint16_t word;
  std::memcpy(&word, from, 2);
  return hn::BitCast(D8(), hn::Set(hn::Full128<std::uint16_t>(), word));
}

HWY_INLINE float half_at(const std::uint8_t* from) {
  const hn::Full128<float> d;
  const hn::Rebind<hwy::float16_t, decltype(d)> narrow;
  std::uint16_t word;
  std::memcpy(&word, from, 2);
  return hn::GetLane(hn::PromoteTo(d, hn::BitCast(narrow, hn::Set(hn::Rebind<std::uint16_t, decltype(d)>(), word))));
}

/// Bit i of the 16-bit word at `from` decides about element i: `value` where it is set, else 0.
HWY_INLINE V8 spread_bits(const std::uint8_t* from, std::uint8_t value) {
  HWY_ALIGN static constexpr std::uint8_t lanes[16] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1};
  HWY_ALIGN static constexpr std::uint8_t bits[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  const V8 repeated = hn::TableLookupBytes(repeat_word(from), hn::Load(D8(), lanes));
  return hn::IfThenElseZero(hn::TestBit(repeated, hn::Load(D8(), bits)), hn::Set(D8(), value));
}

/// to[i] = factor · from[i], signed or not.
template <class Byte>
HWY_INLINE void scale_bytes(const Byte* from, int count, float factor, float* to) {
  const hn::CappedTag<float, 8> d;
  const hn::Rebind<std::int32_t, decltype(d)> wide;
  const hn::Rebind<Byte, decltype(d)> narrow;
  for (int i = 0; i < count; i += static_cast<int>(hn::Lanes(d))) {
    const auto numbers = hn::ConvertTo(d, hn::PromoteTo(wide, hn::LoadU(narrow, from + i)));
    hn::StoreU(hn::Mul(numbers, hn::Set(d, factor)), d, to + i);
  }
}

HWY_INLINE const std::uint8_t* at(const PackedRows& w, std::int64_t byte) {
  return reinterpret_cast<const std::uint8_t*>(w.weight) + byte;
}

/// Blocks of 32 weights that begin with a float16 scale, for kinds Derived: block_bytes, quants(block, codes).
template <class Derived, bool kSigned, bool kBiases>
struct SmallBlocks : CodecTraits<32, kSigned, kBiases> {
  static constexpr bool single_scales = true;

  static HWY_INLINE void expand(const PackedRows& w, std::int64_t first, std::int64_t count, Piece& piece) {
    const std::uint8_t* block = at(w, first / 32 * Derived::block_bytes);
    for (std::int64_t i = 0; i < count / 32; ++i, block += Derived::block_bytes) {
      piece.scales[i] = half_at(block);
      if constexpr (kBiases) piece.biases[i] = half_at(block + 2);
      Derived::quants(block + (kBiases ? 4 : 2), piece.codes + 32 * i);
    }
    if constexpr (kBiases) std::fill(piece.biases + count / 32, piece.biases + piece_size / 32, 0.0f);
  }
};

struct Q4_0 : SmallBlocks<Q4_0, true, false> {
  static constexpr int block_bytes = 18;

  static HWY_INLINE void quants(const std::uint8_t* from, std::uint8_t* codes) {
    const V8 v = bytes_at(from), eight = hn::Set(D8(), 8);
    put(hn::Sub(low_nibbles(v), eight), codes);
    put(hn::Sub(high_nibbles(v), eight), codes + 16);
  }
};

struct Q4_1 : SmallBlocks<Q4_1, false, true> {
  static constexpr int block_bytes = 20;

  static HWY_INLINE void quants(const std::uint8_t* from, std::uint8_t* codes) {
    const V8 v = bytes_at(from);
    put(low_nibbles(v), codes);
    put(high_nibbles(v), codes + 16);
  }
};

struct Q5_0 : SmallBlocks<Q5_0, true, false> {
  static constexpr int block_bytes = 22;

  static HWY_INLINE void quants(const std::uint8_t* from, std::uint8_t* codes) {
    const V8 v = bytes_at(from + 4), sixteen = hn::Set(D8(), 16);
    put(hn::Sub(hn::Or(low_nibbles(v), spread_bits(from, 16)), sixteen), codes);
    put(hn::Sub(hn::Or(high_nibbles(v), spread_bits(from + 2, 16)), sixteen), codes + 16);
  }
};

struct Q5_1 : SmallBlocks<Q5_1, false, true> {
  static constexpr int block_bytes = 24;

  static HWY_INLINE void quants(const std::uint8_t* from, std::uint8_t* codes) {
    const V8 v = bytes_at(from + 4);
    put(hn::Or(low_nibbles(v), spread_bits(from, 16)), codes);
    put(hn::Or(high_nibbles(v), spread_bits(from + 2, 16)), codes + 16);
  }
};

struct Q8_0 : SmallBlocks<Q8_0, true, false> {
  static constexpr int block_bytes = 34;

  static HWY_INLINE void quants(const std::uint8_t* from, std::uint8_t* codes) { std::memcpy(codes, from, 32); }
};

struct Iq4Nl : SmallBlocks<Iq4Nl, true, false> {
  static constexpr int block_bytes = 18;

  static HWY_INLINE void quants(const std::uint8_t* from, std::uint8_t* codes) {
    HWY_ALIGN static constexpr std::int8_t values[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                                         1,    13,   25,  38,  53,  69,  89,  113};
    const V8 table = hn::Load(D8(), reinterpret_cast<const std::uint8_t*>(values)), v = bytes_at(from);
    put(hn::TableLookupBytes(table, low_nibbles(v)), codes);
    put(hn::TableLookupBytes(table, high_nibbles(v)), codes + 16);
  }
};

/// Twice the e2m1 values, so that they are integers.
HWY_INLINE V8 doubled_e2m1() {
  HWY_ALIGN static constexpr std::int8_t values[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
  return hn::Load(D8(), reinterpret_cast<const std::uint8_t*>(values));
}

/// 2^(code - 128): half of what the scale means.
HWY_INLINE float halved_e8m0(std::uint32_t code) {
  const std::uint32_t bits = code >= 2 ? (code - 1) << 23 : 0x200000u << code;
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

struct GgmlMxfp4 : CodecTraits<32, true, false> {
  static constexpr bool single_scales = true;

  static HWY_INLINE void expand(const PackedRows& w, std::int64_t first, std::int64_t count, Piece& piece) {
    const V8 table = doubled_e2m1();
    const std::uint8_t* block = at(w, first / 32 * 17);
    for (std::int64_t i = 0; i < count / 32; ++i, block += 17) {
      piece.scales[i] = halved_e8m0(block[0]);
      const V8 v = bytes_at(block + 1);
      put(hn::TableLookupBytes(table, low_nibbles(v)), piece.codes + 32 * i);
      put(hn::TableLookupBytes(table, high_nibbles(v)), piece.codes + 32 * i + 16);
    }
  }
};

/// Pairs of 4-bit floats in the order of the weights, `count` of them (a multiple of 16).
HWY_INLINE void expand_e2m1(const std::uint8_t* from, std::int64_t count, std::uint8_t* codes) {
  const V8 table = doubled_e2m1();
  for (std::int64_t i = 0; i < count; i += 32) {
    HWY_ALIGN std::uint8_t last[16] = {};
    if (count - i < 32) std::memcpy(last, from + i / 2, 8);
    const V8 v = bytes_at(count - i < 32 ? last : from + i / 2);
    hn::StoreInterleaved2(hn::TableLookupBytes(table, low_nibbles(v)), hn::TableLookupBytes(table, high_nibbles(v)),
                          D8(), codes + i);
  }
}

struct Mxfp4 : CodecTraits<32, true, false> {
  static HWY_INLINE void expand(const PackedRows& w, std::int64_t first, std::int64_t count, Piece& piece) {
    expand_e2m1(at(w, first / 2), count, piece.codes);
    for (std::int64_t i = 0; i < count / 32; ++i) {
      const auto code = static_cast<std::uint32_t>(w.scales[first / 32 + i]);
      piece.scales[i] = code == 255 ? std::numeric_limits<float>::infinity() : halved_e8m0(code);
    }
  }
};

struct Nvfp4 : CodecTraits<16, true, false> {
  static HWY_INLINE void expand(const PackedRows& w, std::int64_t first, std::int64_t count, Piece& piece) {
    expand_e2m1(at(w, first / 2), count, piece.codes);
    for (std::int64_t i = 0; i < count / 16; ++i) {
      const auto code = static_cast<std::uint32_t>(w.scales[first / 16 + i]);
      const std::uint32_t bits = (code & 127) << 20 | (code & 128) << 24;
      float value;
      std::memcpy(&value, &bits, 4);
      piece.scales[i] = value * 0x1p119f;  // half of what makes up for the exponents' biases: codes are doubled
    }
  }
};

/// Six-bit scales and minima of eight sub-blocks, as Q4_K and Q5_K pack them in twelve bytes: the first four of each
/// whole, of the others four low bits together and two high bits above the first ones.
HWY_INLINE void expand_minima(const std::uint8_t* from, float scale, float minimum, Piece& piece) {
  HWY_ALIGN static constexpr std::uint8_t whole_places[16] = {0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7};
  HWY_ALIGN static constexpr std::uint8_t low_places[16] = {8, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11, 8, 9, 10, 11};
  HWY_ALIGN static constexpr std::uint8_t whole_lanes[16] = {255, 255, 255, 255, 0, 0, 0, 0,
                                                             255, 255, 255, 255, 0, 0, 0, 0};
  const V8 v = bytes_at(from);
  const V8 whole = hn::TableLookupBytes(v, hn::Load(D8(), whole_places));
  const V8 low = hn::TableLookupBytes(v, hn::Load(D8(), low_places));
  const V8 high = hn::ShiftLeft<4>(hn::ShiftRight<6>(whole));
  const V8 four_bits = hn::ConcatUpperLower(D8(), high_nibbles(low), low_nibbles(low));
  const V8 mask = hn::Load(D8(), whole_lanes);
  HWY_ALIGN std::uint8_t numbers[16];
  put(hn::Or(hn::And(mask, hn::And(whole, hn::Set(D8(), 63))), hn::AndNot(mask, hn::Or(four_bits, high))), numbers);
  scale_bytes(numbers, 8, scale, piece.scales);
  scale_bytes(numbers + 8, 8, -minimum, piece.biases);
}

struct Q4K : CodecTraits<32, false, true> {
  static HWY_INLINE void expand(const PackedRows& w, std::int64_t first, std::int64_t, Piece& piece) {
    const std::uint8_t* block = at(w, first / 256 * 144);
    expand_minima(block + 4, half_at(block), half_at(block + 2), piece);
    for (int i = 0; i < 8; ++i) {  // 16 bytes: low nibbles belong to one sub-block, high ones to the next
      const V8 v = bytes_at(block + 16 + 16 * i);
      std::uint8_t* to = piece.codes + 64 * (i / 2) + 16 * (i % 2);
      put(low_nibbles(v), to);
      put(high_nibbles(v), to + 32);
    }
  }
};

struct Q5K : CodecTraits<32, false, true> {
  static HWY_INLINE void expand(const PackedRows& w, std::int64_t first, std::int64_t, Piece& piece) {
    const std::uint8_t* block = at(w, first / 256 * 176);
    expand_minima(block + 4, half_at(block), half_at(block + 2), piece);
    const V8 sixteen = hn::Set(D8(), 16);
    V8 high[2] = {bytes_at(block + 16), bytes_at(block + 32)};  // bit s: the fifth of sub-block s
    const auto fifth = [&](int half) HWY_ATTR {
      const V8 bit = hn::And(hn::ShiftLeft<4>(high[half]), sixteen);
      high[half] = hn::ShiftRight<1>(high[half]);
      return bit;
    };
    for (int i = 0; i < 8; ++i) {
      const V8 v = bytes_at(block + 48 + 16 * i);
      std::uint8_t* to = piece.codes + 64 * (i / 2) + 16 * (i % 2);
      put(hn::Or(low_nibbles(v), fifth(i % 2)), to);
      put(hn::Or(high_nibbles(v), fifth(i % 2)), to + 32);
    }
  }
};

struct Q2K : CodecTraits<16, false, true> {
  static HWY_INLINE void expand(const PackedRows& w, std::int64_t first, std::int64_t, Piece& piece) {
    const std::uint8_t* block = at(w, first / 256 * 84);
    HWY_ALIGN std::uint8_t scales[16], minima[16];
    put(low_nibbles(bytes_at(block)), scales);
    put(high_nibbles(bytes_at(block)), minima);
    scale_bytes(scales, 16, half_at(block + 80), piece.scales);
    scale_bytes(minima, 16, -half_at(block + 82), piece.biases);
    const V8 three = hn::Set(D8(), 3);
    for (int i = 0; i < 4; ++i) {  // 16 bytes hold 16 elements of four sub-blocks
      const V8 v = bytes_at(block + 16 + 16 * i);
      std::uint8_t* to = piece.codes + 128 * (i / 2) + 16 * (i % 2);
      put(hn::And(v, three), to);
      put(hn::And(hn::ShiftRight<2>(v), three), to + 32);
      put(hn::And(hn::ShiftRight<4>(v), three), to + 64);
      put(hn::ShiftRight<6>(v), to + 96);
    }
  }
};

struct Q3K : CodecTraits<16, true, false> {
  static HWY_INLINE void expand(const PackedRows& w, std::int64_t first, std::int64_t, Piece& piece) {
    const std::uint8_t* block = at(w, first / 256 * 110);
    expand_scales(block + 96, half_at(block + 108), piece);
    const V8 three = hn::Set(D8(), 3), four = hn::Set(D8(), 4);
    V8 high[2] = {bytes_at(block), bytes_at(block + 16)};  // bit s: whether 4 stays, of the s-th 32 elements
    const auto code = [&](V8 low, int half) HWY_ATTR {
      const V8 third = hn::And(hn::ShiftLeft<2>(high[half]), four);
      high[half] = hn::ShiftRight<1>(high[half]);
      return hn::Sub(hn::Or(hn::And(low, three), third), four);
    };
    for (int i = 0; i < 4; ++i) {
      const V8 v = bytes_at(block + 32 + 16 * i);
      std::uint8_t* to = piece.codes + 128 * (i / 2) + 16 * (i % 2);
      put(code(v, i % 2), to);
      put(code(hn::ShiftRight<2>(v), i % 2), to + 32);
      put(code(hn::ShiftRight<4>(v), i % 2), to + 64);
      put(code(hn::ShiftRight<6>(v), i % 2), to + 96);
    }
  }

  /// Sixteen scales of six bits, less 32: eight bytes of low nibbles, four of pairs of high bits.
  static HWY_INLINE void expand_scales(const std::uint8_t* from, float scale, Piece& piece) {
    HWY_ALIGN static constexpr std::uint8_t low_places[16] = {2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5, 6, 7, 8, 9};
    HWY_ALIGN static constexpr std::uint8_t high_places[16] = {10, 11, 12, 13, 10, 11, 12, 13,
                                                               10, 11, 12, 13, 10, 11, 12, 13};
    HWY_ALIGN static constexpr std::uint32_t high_shifts[4] = {0, 2, 4, 6};
    const hn::Full128<std::uint32_t> words;
    const V8 v = bytes_at(from - 2);  // what is read beside them belongs to the same block
    const V8 low = hn::TableLookupBytes(v, hn::Load(D8(), low_places));
    const V8 high = hn::TableLookupBytes(v, hn::Load(D8(), high_places));
    const V8 pairs = hn::BitCast(D8(), hn::Shr(hn::BitCast(words, high), hn::Load(words, high_shifts)));
    const V8 top = hn::ShiftLeft<4>(hn::And(pairs, hn::Set(D8(), 3)));
    HWY_ALIGN std::uint8_t numbers[16];
    put(hn::Sub(hn::Or(hn::ConcatUpperLower(D8(), high_nibbles(low), low_nibbles(low)), top), hn::Set(D8(), 32)),
        numbers);
    scale_bytes(reinterpret_cast<const std::int8_t*>(numbers), 16, scale, piece.scales);
  }
};

struct Q6K : CodecTraits<16, true, false> {
  static HWY_INLINE void expand(const PackedRows& w, std::int64_t first, std::int64_t, Piece& piece) {
    const std::uint8_t* block = at(w, first / 256 * 210);
    scale_bytes(reinterpret_cast<const std::int8_t*>(block + 192), 16, half_at(block + 208), piece.scales);
    const V8 top = hn::Set(D8(), 0x30), offset = hn::Set(D8(), 32);
    for (int i = 0; i < 4; ++i) {  // 16 elements of each of the four quarters of 128
      const int half = i / 2, place = 16 * (i % 2);
      const V8 a = bytes_at(block + 64 * half + place), b = bytes_at(block + 64 * half + 32 + place);
      const V8 high = bytes_at(block + 128 + 32 * half + place);
      std::uint8_t* to = piece.codes + 128 * half + place;
      put(hn::Sub(hn::Or(low_nibbles(a), hn::And(hn::ShiftLeft<4>(high), top)), offset), to);
      put(hn::Sub(hn::Or(low_nibbles(b), hn::And(hn::ShiftLeft<2>(high), top)), offset), to + 32);
      put(hn::Sub(hn::Or(high_nibbles(a), hn::And(high, top)), offset), to + 64);
      put(hn::Sub(hn::Or(high_nibbles(b), hn::And(hn::ShiftRight<2>(high), top)), offset), to + 96);
    }
  }
};

/// MLX's affine codes: a bit stream, sixteen of them in 2 · kBits bytes.
template <int kBits>
struct Affine : CodecTraits<32, false, true> {
  static HWY_INLINE void expand(const PackedRows& w, std::int64_t first, std::int64_t count, Piece& piece) {
    const std::uint8_t* from = at(w, first * kBits / 8);
    const int shift = w.format.group_size == 32 ? 0 : w.format.group_size == 64 ? 1 : 2;  // groups of 32 in one
    const std::int64_t groups = (count / 32 + (1 << shift) - 1) >> shift;
    expand_scales(w.scale_dtype, w.scales, first / 32 >> shift, groups, shift, piece.scales);
    expand_scales(w.scale_dtype, w.biases, first / 32 >> shift, groups, shift, piece.biases);
    std::fill(piece.biases + count / 32, piece.biases + piece_size / 32, 0.0f);
    constexpr std::int64_t read_ahead = 64;  // weights: sixteen bytes are read where fewer count
    if (first + piece_size + read_ahead <= w.k) return expand_codes(from, piece_size, piece.codes);
    HWY_ALIGN std::uint8_t last[piece_size + 16];
    std::memcpy(last, from, static_cast<std::size_t>(count * kBits / 8));
    expand_codes(last, count, piece.codes);
  }

  static HWY_INLINE void expand_codes(const std::uint8_t* from, std::int64_t count, std::uint8_t* codes) {
    if constexpr (kBits == 8) {
      std::memcpy(codes, from, static_cast<std::size_t>(count));
    } else if constexpr (kBits == 4) {
      for (std::int64_t i = 0; i < count; i += 32) {
        const V8 v = bytes_at(from + i / 2);
        hn::StoreInterleaved2(low_nibbles(v), high_nibbles(v), D8(), codes + i);
      }
    } else {
      for (std::int64_t i = 0; i < count; i += 16) put(sixteen_codes(bytes_at(from + i / 16 * 2 * kBits)), codes + i);
    }
  }

  /// A code lies in two neighbouring bytes: as 16 bits, moved up to the top by a product and down by a shift.
  static HWY_INLINE V8 sixteen_codes(V8 v) {
    const hn::Full128<std::uint16_t> words;
    const auto half = [&](const std::uint8_t* places, const std::uint16_t* factors) HWY_ATTR {
      const auto pairs = hn::BitCast(words, hn::TableLookupBytes(v, hn::Load(D8(), places)));
      return hn::ShiftRight<16 - kBits>(hn::Mul(pairs, hn::Load(words, factors)));
    };
    const auto low = half(tables.places, tables.factors), high = half(tables.places + 16, tables.factors);
    return hn::ConcatEven(D8(), hn::BitCast(D8(), high), hn::BitCast(D8(), low));
  }

  using D4 = hn::Full128<float>;

  static HWY_INLINE hn::Vec<D4> four_scales(DType dtype, const std::byte* from) {
    const auto words = hn::LoadU(hn::Rebind<std::uint16_t, D4>(), reinterpret_cast<const std::uint16_t*>(from));
    if (dtype == DType::float16) return hn::PromoteTo(D4(), hn::BitCast(hn::Rebind<hwy::float16_t, D4>(), words));
    return hn::BitCast(D4(), hn::ShiftLeft<16>(hn::PromoteTo(hn::Rebind<std::uint32_t, D4>(), words)));
  }

  static HWY_INLINE void store_twice(hn::Vec<D4> v, float* to) {
    hn::StoreU(hn::InterleaveLower(D4(), v, v), D4(), to);
    hn::StoreU(hn::InterleaveUpper(D4(), v, v), D4(), to + 4);
  }

  struct Tables {
    HWY_ALIGN std::uint8_t places[32] = {};
    HWY_ALIGN std::uint16_t factors[8] = {};

    constexpr Tables() {
      for (int i = 0; i < 16; ++i) {
        places[2 * i] = static_cast<std::uint8_t>(i * kBits / 8);
        places[2 * i + 1] = static_cast<std::uint8_t>(i * kBits / 8 + 1);
      }
      for (int i = 0; i < 8; ++i) factors[i] = static_cast<std::uint16_t>(1u << (16 - kBits - i * kBits % 8));
    }
  };

  static constexpr Tables tables{};

  /// `count` scales from `first` on, each for 1 << shift groups of 32 weights.
  static HWY_INLINE void expand_scales(DType dtype, const std::byte* from, std::int64_t first, std::int64_t count,
                                       int shift, float* to) {
    if (dtype != DType::float32 && shift < 2 && count << shift == piece_size / 32) {
      const std::byte* words = from + 2 * first;
      if (shift == 1) return store_twice(four_scales(dtype, words), to);
      hn::StoreU(four_scales(dtype, words), D4(), to);
      return hn::StoreU(four_scales(dtype, words + 8), D4(), to + 4);
    }
    for (std::int64_t i = 0; i < count; ++i) {
      const auto* scale = reinterpret_cast<const std::uint8_t*>(from) + (first + i) * (dtype == DType::float32 ? 4 : 2);
      float value;
      if (dtype == DType::float16) {
        value = half_at(scale);
      } else if (dtype == DType::float32) {
        std::memcpy(&value, scale, 4);
      } else {
        std::uint16_t bits;
        std::memcpy(&bits, scale, 2);
        value = to_float(BFloat16{bits});
      }
      for (int copy = 0; copy < 1 << shift; ++copy) to[(i << shift) + copy] = value;
    }
  }
};

}  // namespace etna::cpu::simd::HWY_NAMESPACE

HWY_AFTER_NAMESPACE();

#endif
