#pragma once

#include <optional>

#include "engine/backend/vulkan/product_call.h"

namespace etna::vulkan {

/// How a workgroup of shaders/matmul_matrices.comp takes a product apart.
struct MatrixTile {
  std::uint32_t parts_m, parts_n;  ///< matrices of 16 x 16 of a subgroup; of its module
  std::uint32_t warps_m, warps_n;  ///< subgroups by rows and columns
  std::uint32_t slices;            ///< as many times more subgroups, which share the depth
  std::uint32_t slice_depth;       ///< steps of k at a time, of a slice
  std::uint32_t buffers;

  std::int64_t rows() const { return 16 * static_cast<std::int64_t>(parts_m) * warps_m; }

  std::int64_t columns() const { return 16 * static_cast<std::int64_t>(parts_n) * warps_n; }

  std::uint32_t depth() const { return slices * slice_depth; }

  std::uint32_t subgroups() const { return warps_m * warps_n * slices; }

  bool operator==(const MatrixTile&) const = default;
};

/// All that benchmarks may choose from.
std::span<const MatrixTile> matrix_tiles();

/// "128x256x32", "32x32x256/8" with slices, "128x128x32*2" with two buffers, and subgroups: " by 8".
std::string to_string(const MatrixTile& tile);

/// How a product runs on matrix units.
struct MatrixPlan {
  MatrixTile tile;
  DType factor;           ///< float16 or bfloat16
  std::uint32_t a_terms;  ///< factors that a number of a is the sum of
  std::uint32_t b_terms;

  std::uint32_t shared_bytes(bool transposed) const;
};

/// Null where the device has no matrices for these types, or where they are not exact: float32 numbers are three
/// bfloat16 numbers each and float16 numbers two, which pays against one 16-bit factor only. Packed weights become
/// numbers of a's type, as in MLX. bfloat16 never becomes float16.
std::optional<MatrixPlan> plan_matrices(const DeviceCaps& caps, const TileProduct& shape, DType a, WeightFormat b,
                                        bool experts);

const Shader& matrix_shader(const DeviceCaps& caps, const MatrixPlan& plan, WeightFormat b);

}  // namespace etna::vulkan
