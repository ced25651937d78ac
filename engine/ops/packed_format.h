#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/array/dtype.h"

namespace etna {

/// Ways in which weights are packed, each decoded exactly as it is stored (D5). The first four are MLX's, fp8_e4m3 is
/// that of float8 checkpoints, the rest are ggml's blocks.
enum class PackedKind : std::uint8_t {
  affine,
  mxfp4,
  mxfp8,
  nvfp4,
  fp8_e4m3,
  q4_0,
  q4_1,
  q5_0,
  q5_1,
  q8_0,
  q2_k,
  q3_k,
  q4_k,
  q5_k,
  q6_k,
  iq4_nl,
  ggml_mxfp4,
};

/// What the scales beside the codes are.
enum class ScaleType : std::uint8_t {
  inside,    ///< there are none: each block of codes holds its own
  floating,  ///< float32, float16 or bfloat16
  e8m0,      ///< uint8 b: 2^(b - 127), 255 is infinite
  e4m3,      ///< uint8: an 8-bit float
};

/// What is fixed for a kind.
struct FormatTraits {
  PackedKind kind;
  std::string_view name;  ///< in kernel names: "q4_k"
  int bits;               ///< of a code; 0: several widths
  int group_size;         ///< weights that share a scale, of ggml's kinds those of a block; 0: several
  int block_bytes;        ///< of ggml's kinds: bytes of a block, scales included; 0 for others
  int arrays;             ///< 1: weight; 2: weight and scales; 3: weight, scales and biases
  DType weight;           ///< uint32 words of a little-endian bit stream, or bytes
  ScaleType scales;
};

inline constexpr std::array format_table{
    FormatTraits{PackedKind::affine, "affine", 0, 0, 0, 3, DType::uint32, ScaleType::floating},
    FormatTraits{PackedKind::mxfp4, "mxfp4", 4, 32, 0, 2, DType::uint32, ScaleType::e8m0},
    FormatTraits{PackedKind::mxfp8, "mxfp8", 8, 32, 0, 2, DType::uint32, ScaleType::e8m0},
    FormatTraits{PackedKind::nvfp4, "nvfp4", 4, 16, 0, 2, DType::uint32, ScaleType::e4m3},
    FormatTraits{PackedKind::fp8_e4m3, "fp8_e4m3", 8, 0, 0, 2, DType::uint8, ScaleType::floating},
    FormatTraits{PackedKind::q4_0, "q4_0", 4, 32, 18, 1, DType::uint8, ScaleType::inside},
    FormatTraits{PackedKind::q4_1, "q4_1", 4, 32, 20, 1, DType::uint8, ScaleType::inside},
    FormatTraits{PackedKind::q5_0, "q5_0", 5, 32, 22, 1, DType::uint8, ScaleType::inside},
    FormatTraits{PackedKind::q5_1, "q5_1", 5, 32, 24, 1, DType::uint8, ScaleType::inside},
    FormatTraits{PackedKind::q8_0, "q8_0", 8, 32, 34, 1, DType::uint8, ScaleType::inside},
    FormatTraits{PackedKind::q2_k, "q2_k", 2, 256, 84, 1, DType::uint8, ScaleType::inside},
    FormatTraits{PackedKind::q3_k, "q3_k", 3, 256, 110, 1, DType::uint8, ScaleType::inside},
    FormatTraits{PackedKind::q4_k, "q4_k", 4, 256, 144, 1, DType::uint8, ScaleType::inside},
    FormatTraits{PackedKind::q5_k, "q5_k", 5, 256, 176, 1, DType::uint8, ScaleType::inside},
    FormatTraits{PackedKind::q6_k, "q6_k", 6, 256, 210, 1, DType::uint8, ScaleType::inside},
    FormatTraits{PackedKind::iq4_nl, "iq4_nl", 4, 32, 18, 1, DType::uint8, ScaleType::inside},
    FormatTraits{PackedKind::ggml_mxfp4, "ggml_mxfp4", 4, 32, 17, 1, DType::uint8, ScaleType::inside},
};

constexpr const FormatTraits& traits(PackedKind kind) {
  return format_table[static_cast<std::size_t>(kind)];
}

static_assert(
    [] {
      for (std::size_t i = 0; i < format_table.size(); ++i) {
        if (format_table[i].kind != static_cast<PackedKind>(i)) return false;
      }
      return true;
    }(),
    "the table is in the order of the enumeration");

/// How one weight is packed.
///
/// affine: codes of 2, 3, 4, 5, 6 or 8 bits in groups of 32, 64 or 128; w = code · scale + bias.
/// fp8_e4m3: one byte an element and a scale per group_size of them (any number; the row's length if a row has one
/// scale; the last group of a row may be short).
/// All others have one width and one group size: those of the table.
struct PackedFormat {
  PackedKind kind = PackedKind::affine;
  int bits = 4;
  int group_size = 64;

  static constexpr PackedFormat affine(int bits, int group_size) { return {PackedKind::affine, bits, group_size}; }

  static constexpr PackedFormat fp8(int group_size) { return {PackedKind::fp8_e4m3, 8, group_size}; }

  /// Of the kinds whose width and group size are fixed.
  static constexpr PackedFormat of(PackedKind kind) { return {kind, traits(kind).bits, traits(kind).group_size}; }

  constexpr int array_count() const { return traits(kind).arrays; }

  /// Elements of the weight array, of its dtype, that hold k weights. k must be a multiple of the group size (fp8:
  /// any).
  constexpr std::int64_t row_elements(std::int64_t k) const {
    const int block_bytes = traits(kind).block_bytes;
    if (block_bytes > 0) return k / group_size * block_bytes;
    return kind == PackedKind::fp8_e4m3 ? k : k * bits / 32;
  }

  /// Weights in a row of so many elements.
  constexpr std::int64_t row_weights(std::int64_t elements) const {
    const int block_bytes = traits(kind).block_bytes;
    if (block_bytes > 0) return elements / block_bytes * group_size;
    return kind == PackedKind::fp8_e4m3 ? elements : elements * 32 / bits;
  }

  /// Scales of a row of k weights, where they lie beside the codes.
  constexpr std::int64_t row_groups(std::int64_t k) const { return (k + group_size - 1) / group_size; }

  friend bool operator==(const PackedFormat&, const PackedFormat&) = default;
};

/// "q4g64" for affine, "fp8_e4m3g128", "q4_k": part of kernel names.
std::string name(const PackedFormat& format);

}  // namespace etna
