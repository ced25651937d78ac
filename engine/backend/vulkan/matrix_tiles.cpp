#include "engine/backend/vulkan/matrix_tiles.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "kernels/shaders.h"

namespace etna::vulkan {

namespace {

constexpr std::array tiles{
    MatrixTile{4, 4, 2, 4, 1, 32, 1},  // 0: 128 x 256
    MatrixTile{4, 4, 4, 2, 1, 32, 1},  // 1: 256 x 128
    MatrixTile{4, 2, 2, 4, 1, 32, 2},  // 2: 128 x 128
    MatrixTile{4, 2, 2, 4, 1, 32, 1},  // 3
    MatrixTile{4, 4, 2, 2, 1, 32, 1},  // 4: fewer subgroups, larger parts
    MatrixTile{4, 4, 2, 2, 1, 32, 2},  // 5
    MatrixTile{4, 4, 2, 2, 1, 64, 1},  // 6
    MatrixTile{4, 2, 2, 4, 1, 64, 1},  // 7
    MatrixTile{2, 2, 2, 2, 1, 32, 2},  // 8: 64 x 64
    MatrixTile{2, 2, 2, 2, 1, 32, 1},  // 9
    MatrixTile{2, 2, 2, 2, 2, 32, 1},  // 10
    MatrixTile{2, 2, 2, 2, 1, 64, 1},  // 11
    MatrixTile{2, 2, 1, 1, 8, 32, 1},  // 12: 32 x 32
    MatrixTile{2, 2, 1, 1, 4, 32, 1},  // 13
    MatrixTile{4, 4, 1, 2, 2, 32, 1},  // 14: 64 x 128
    MatrixTile{4, 2, 1, 4, 1, 32, 2},  // 15: 64 x 128
};

constexpr const MatrixTile &large = tiles[4], &large_of_packed = tiles[1], &square = tiles[8], &small = tiles[10],
                           &square_of_terms = tiles[9], &thin = tiles[12], &thin_of_terms = tiles[13];

std::int64_t groups(const MatrixTile& tile, const TileProduct& shape) {
  return (shape.m + tile.rows() - 1) / tile.rows() * ((shape.n + tile.columns() - 1) / tile.columns()) * shape.batch;
}

/// Rows of an expert's row block.
constexpr std::int64_t expert_rows = 64;

/// Measured on an H200 (benchmarks/matrix_products). What is unpacked once for 256 rows pays more than full cores.
const MatrixTile& tile_for(const DeviceCaps& caps, const TileProduct& shape, const MatrixPlan& plan, bool packed) {
  const std::int64_t cores = caps.cores;
  constexpr std::int64_t narrow = 32;
  const bool terms = plan.a_terms + plan.b_terms > 2;
  const bool deep = shape.k >= 4 * thin_of_terms.depth();
  if (terms) {
    const bool few = groups(square_of_terms, shape) < cores;
    return deep && (few || shape.m <= narrow || shape.n <= narrow) ? thin_of_terms : square_of_terms;
  }
  if (deep && (shape.m <= narrow || shape.n <= narrow)) return thin;
  if (packed && shape.m >= large_of_packed.rows() && groups(large_of_packed, shape) * 2 >= cores)
    return large_of_packed;
  if (shape.m > 64 && groups(large, shape) * 2 >= cores) return large;
  if (!deep) return square;
  return groups(square, shape) * 2 < cores ? thin : groups(square, shape) < 2 * cores ? small : square;
}

/// Factors that a number of this type is the sum of.
std::uint32_t terms_of(DType type, DType factor) {
  if (type == factor) return 1;
  return type == DType::float32 ? 3 : 2;
}

struct Factors {
  DType type;
  std::uint32_t a_terms, b_terms;
};

std::optional<Factors> factors_of(const MatrixCaps& caps, DType a, WeightFormat b) {
  if (b >= WeightFormat::first_packed) {
    const bool there = (a == DType::float16 && caps.float16) || (a == DType::bfloat16 && caps.bfloat16);
    return there ? std::optional(Factors{a, 1, 1}) : std::nullopt;
  }
  const auto b_type = static_cast<DType>(b);
  if (a == DType::float16 && b_type == DType::float16) {
    return caps.float16 ? std::optional(Factors{DType::float16, 1, 1}) : std::nullopt;
  }
  if (!caps.bfloat16) return std::nullopt;
  const Factors factors{DType::bfloat16, terms_of(a, DType::bfloat16), terms_of(b_type, DType::bfloat16)};
  return std::min(factors.a_terms, factors.b_terms) == 1 ? std::optional(factors) : std::nullopt;
}

bool fits(const DeviceCaps& caps, const MatrixPlan& plan, bool transposed) {
  const bool emulated_parts = plan.tile.parts_m == 2 && plan.tile.parts_n == 2;
  return plan.tile.subgroups() * caps.subgroup_size <= caps.max_threads &&
         plan.shared_bytes(transposed) <= caps.shared_memory_bytes && (!caps.matrices.emulated || emulated_parts);
}

}  // namespace

std::span<const MatrixTile> matrix_tiles() {
  return tiles;
}

std::string to_string(const MatrixTile& tile) {
  std::string name = fmt::format("{}x{}x{}", tile.rows(), tile.columns(), tile.depth());
  if (tile.slices > 1) name += fmt::format("/{}", tile.slices);
  if (tile.buffers > 1) name += "*2";
  return name + fmt::format(" by {}", tile.subgroups());
}

std::uint32_t MatrixPlan::shared_bytes(bool transposed) const {
  const auto rows = static_cast<std::uint32_t>(tile.rows()), columns = static_cast<std::uint32_t>(tile.columns());
  const std::uint32_t depth = tile.depth();
  const std::uint32_t a = rows * (depth / 8 + 1);
  const std::uint32_t b = transposed ? columns * (depth / 8 + 1) : depth * (columns / 8 + 1);
  return (a * a_terms + b * b_terms) * tile.buffers * 16 + tile.subgroups() * 1024;
}

std::optional<MatrixPlan> plan_matrices(const DeviceCaps& caps, const TileProduct& shape, DType a, WeightFormat b,
                                        bool experts) {
  const std::optional<Factors> factors = factors_of(caps.matrices, a, b);
  if (!factors) return std::nullopt;
  MatrixPlan plan{.tile = {}, .factor = factors->type, .a_terms = factors->a_terms, .b_terms = factors->b_terms};
  const auto tried = [&](const MatrixTile& tile) {
    plan.tile = tile;
    return fits(caps, plan, shape.transposed) && (!experts || tile.rows() == expert_rows);
  };
  const int chosen = caps.matrices.tile;
  if (chosen >= 0 && chosen < static_cast<int>(tiles.size()) && tried(tiles[static_cast<std::size_t>(chosen)]))
    return plan;
  if (tried(experts ? square : tile_for(caps, shape, plan, b >= WeightFormat::first_packed))) return plan;
  for (const MatrixTile& tile : {square, square_of_terms}) {
    if (tried(tile)) return plan;
  }
  return std::nullopt;
}

const Shader& matrix_shader(const DeviceCaps& caps, const MatrixPlan& plan, WeightFormat b) {
  using namespace shaders;

  struct Modules {
    const Shader *emulated, *of_44[2], *of_42[2], *of_22[2];  // by float16 and bfloat16
  };

  static const Modules modules[] = {
#define ETNA_MODULES(family)                                                                                         \
  {                                                                                                                  \
    &matmul_matrices_##family##_emulated, {&matmul_matrices_##family##_44_f16, &matmul_matrices_##family##_44_bf16}, \
        {&matmul_matrices_##family##_42_f16, &matmul_matrices_##family##_42_bf16}, {                                 \
      &matmul_matrices_##family##_22_f16, &matmul_matrices_##family##_22_bf16                                        \
    }                                                                                                                \
  }
      ETNA_MODULES(plain), ETNA_MODULES(affine), ETNA_MODULES(floats), ETNA_MODULES(blocks), ETNA_MODULES(k_blocks),
#undef ETNA_MODULES
  };
  const Modules& family = modules[static_cast<std::size_t>(weight_family(b))];
  if (caps.matrices.emulated) return *family.emulated;
  const bool bfloat16 = plan.factor == DType::bfloat16;
  if (plan.tile.parts_n == 4) return *family.of_44[bfloat16];
  return plan.tile.parts_m == 4 ? *family.of_42[bfloat16] : *family.of_22[bfloat16];
}

}  // namespace etna::vulkan
