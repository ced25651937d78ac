#include "tests/support/packed_values.h"

#include <cmath>
#include <limits>

namespace etna::test {

namespace {

/// A block of a ggml type with the element wanted: j is its place in the block.
struct Block {
  const std::uint8_t* bytes;
  int j;

  int at(int byte) const { return bytes[byte]; }

  double half(int byte) const {
    const int bits = bytes[byte] | bytes[byte + 1] << 8;
    const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
    double value = exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
    if (exponent == 31)
      value = mantissa ? std::numeric_limits<double>::quiet_NaN() : std::numeric_limits<double>::infinity();
    return bits & 0x8000 ? -value : value;
  }

  /// Sixteen bytes: their low halves are elements 0 to 15, the high ones 16 to 31.
  int nibble(int first) const { return j < 16 ? at(first + j) & 15 : at(first + j - 16) >> 4; }

  int bit(int first, int index) const { return at(first + index / 8) >> index % 8 & 1; }
};

double e2m1(int code) {
  constexpr double values[8] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
  return code & 8 ? -values[code & 7] : values[code & 7];
}

double e8m0(int code) {
  return code == 255 ? std::numeric_limits<double>::infinity() : std::ldexp(1.0, code - 127);
}

/// Six-bit numbers of Q4_K and Q5_K, 16 of them in 12 bytes: eight scales, then eight minima.
int scale_or_minimum(const Block& block, int first, int sub, bool minimum) {
  if (sub < 4) return block.at(first + sub + (minimum ? 4 : 0)) & 63;
  const int low = minimum ? block.at(first + sub + 4) >> 4 : block.at(first + sub + 4) & 15;
  return low | block.at(first + sub - (minimum ? 0 : 4)) >> 6 << 4;
}

double q2_k(const Block& b) {
  const int group = b.j / 16, half = b.j / 128, shift = b.j % 128 / 32 * 2;
  const int code = b.at(16 + 32 * half + b.j % 32) >> shift & 3;
  return b.half(80) * (b.at(group) & 15) * code - b.half(82) * (b.at(group) >> 4);
}

double q3_k(const Block& b) {
  const int group = b.j / 16, half = b.j / 128, quarter = b.j % 128 / 32;
  const int low = b.at(32 + 32 * half + b.j % 32) >> 2 * quarter & 3;
  const int code = low - (b.at(b.j % 32) >> (4 * half + quarter) & 1 ? 0 : 4);
  const int scale_low = group < 8 ? b.at(96 + group) & 15 : b.at(96 + group - 8) >> 4;
  const int scale = (scale_low | (b.at(104 + group % 4) >> 2 * (group / 4) & 3) << 4) - 32;
  return b.half(108) * scale * code;
}

double q4_k(const Block& b) {
  const int sub = b.j / 32, byte = b.at(16 + 32 * (b.j / 64) + b.j % 32);
  const int code = sub % 2 ? byte >> 4 : byte & 15;
  return b.half(0) * scale_or_minimum(b, 4, sub, false) * code - b.half(2) * scale_or_minimum(b, 4, sub, true);
}

double q5_k(const Block& b) {
  const int sub = b.j / 32, byte = b.at(48 + 32 * (b.j / 64) + b.j % 32);
  const int code = (sub % 2 ? byte >> 4 : byte & 15) | (b.at(16 + b.j % 32) >> sub & 1) << 4;
  return b.half(0) * scale_or_minimum(b, 4, sub, false) * code - b.half(2) * scale_or_minimum(b, 4, sub, true);
}

double q6_k(const Block& b) {
  const int half = b.j / 128, quarter = b.j % 128 / 32, place = b.j % 32;
  const int byte = b.at(64 * half + 32 * (quarter % 2) + place);
  const int code = (quarter < 2 ? byte & 15 : byte >> 4) | (b.at(128 + 32 * half + place) >> 2 * quarter & 3) << 4;
  return b.half(208) * static_cast<std::int8_t>(b.at(192 + b.j / 16)) * (code - 32);
}

double iq4_nl(const Block& b) {
  constexpr int values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
  return b.half(0) * values[b.nibble(2)];
}

double block_value(PackedKind kind, const Block& b) {
  switch (kind) {
    case PackedKind::q4_0: return b.half(0) * (b.nibble(2) - 8);
    case PackedKind::q4_1: return b.half(0) * b.nibble(4) + b.half(2);
    case PackedKind::q5_0: return b.half(0) * ((b.nibble(6) | b.bit(2, b.j) << 4) - 16);
    case PackedKind::q5_1: return b.half(0) * (b.nibble(8) | b.bit(4, b.j) << 4) + b.half(2);
    case PackedKind::q8_0: return b.half(0) * static_cast<std::int8_t>(b.at(2 + b.j));
    case PackedKind::q2_k: return q2_k(b);
    case PackedKind::q3_k: return q3_k(b);
    case PackedKind::q4_k: return q4_k(b);
    case PackedKind::q5_k: return q5_k(b);
    case PackedKind::q6_k: return q6_k(b);
    case PackedKind::iq4_nl: return iq4_nl(b);
    default: return std::ldexp(2 * e2m1(b.nibble(1)), b.at(0) - 128);  // ggml's MXFP4: 255 is a scale like others
  }
}

int code_at(const PackedRow& row, int bits, std::int64_t index) {
  int code = 0;
  for (int bit = 0; bit < bits; ++bit) {
    const std::int64_t place = index * bits + bit;
    code |= (row.bytes[static_cast<std::size_t>(place / 8)] >> place % 8 & 1) << bit;
  }
  return code;
}

}  // namespace

double e4m3_value(std::uint8_t bits) {
  const int exponent = bits >> 3 & 15, mantissa = bits & 7;
  const double value = exponent == 0 ? std::ldexp(mantissa, -9) : std::ldexp(8 + mantissa, exponent - 10);
  return bits & 128 ? -value : value;
}

double packed_value(const PackedFormat& format, const PackedRow& row, std::int64_t index) {
  const auto group = static_cast<std::size_t>(index / format.group_size);
  switch (format.kind) {
    case PackedKind::affine: return code_at(row, format.bits, index) * row.scales[group] + row.biases[group];
    case PackedKind::mxfp4: return e8m0(static_cast<int>(row.scales[group])) * e2m1(code_at(row, 4, index));
    case PackedKind::nvfp4:
      return e4m3_value(static_cast<std::uint8_t>(row.scales[group])) * e2m1(code_at(row, 4, index));
    case PackedKind::mxfp8:
      return e8m0(static_cast<int>(row.scales[group])) * e4m3_value(static_cast<std::uint8_t>(code_at(row, 8, index)));
    case PackedKind::fp8_e4m3: return row.scales[group] * e4m3_value(static_cast<std::uint8_t>(code_at(row, 8, index)));
    default: break;
  }
  const std::size_t block = group * static_cast<std::size_t>(traits(format.kind).block_bytes);
  return block_value(format.kind, {row.bytes.data() + block, static_cast<int>(index % format.group_size)});
}

std::vector<PackedFormat> packed_formats() {
  std::vector<PackedFormat> formats;
  for (const int bits : {2, 3, 4, 5, 6, 8}) {
    for (const int group : {32, 64, 128}) formats.push_back(PackedFormat::affine(bits, group));
  }
  for (const FormatTraits& kind : format_table) {
    if (kind.group_size > 0) formats.push_back(PackedFormat::of(kind.kind));
  }
  for (const int group : {128, 100, 1000}) formats.push_back(PackedFormat::fp8(group));
  return formats;
}

}  // namespace etna::test
