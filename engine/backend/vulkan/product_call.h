#pragma once

#include <optional>

#include "engine/backend/vulkan/kernel_name.h"
#include "engine/backend/vulkan/recorder.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/packed_format.h"

namespace etna::vulkan {

/// One weight matrix, plain or packed.
struct WeightViews {
  WeightFormat format = WeightFormat::float32;
  int bits = 4;         ///< of packed weights
  int group_size = 32;  ///< of packed weights
  const View* weight = nullptr;
  const View* scales = nullptr;  ///< null where the format has none beside the codes
  const View* biases = nullptr;

  std::uint64_t scales_address() const { return scales ? scales->address() : 0; }

  std::uint64_t biases_address() const { return biases ? biases->address() : 0; }
};

/// Arrays from input `first` of a step on, as many as the format has.
WeightViews packed_weight(const Step& step, std::size_t first, const PackedFormat& format);

/// What the shaders' first constants say about a weight with rows of k: shaders/include/weights.glsl.
Constants weight_constants(const WeightViews& weight, std::int64_t k);

/// Adds the bytes of a weight's arrays.
void append_ranges(std::vector<ByteRange>& ranges, const WeightViews& weight);

/// Whether rows of k weights, and their groups, are whole chunks of eight.
bool whole_chunks(const WeightViews& weight, std::int64_t k);

/// More experts than any model has: as many as are sorted in shared memory.
inline constexpr std::int64_t most_sorted_experts = 1024;

/// Which experts' matrices a product takes: weights are (experts, n, k), and each pair of a token and a slot is a row.
struct ExpertRows {
  const View* indices = nullptr;  ///< int32 (tokens, slots)
  std::int64_t experts = 0;
  std::int64_t pairs_of_row = 1;  ///< pairs that share a row of x: all slots of a token, or one
  const View* bias = nullptr;     ///< (experts, n) or null; of the gate where there is one
  const View* up_bias = nullptr;  ///< of the second matrix

  std::int64_t pairs() const { return indices->size(); }
};

enum class Epilogue : std::uint32_t { none, residual, gate };  // numbers of the shaders

/// y = x · wᵀ with an epilogue: `other` is the residual, or for Epilogue::gate the second matrix is `up` and
/// y = f(x · wᵀ) · (x · upᵀ).
struct Product {
  const View& x;
  const View& y;
  WeightViews weight;
  std::optional<WeightViews> up;
  const View* residual = nullptr;
  Work work;
  GateKind gate = GateKind::silu;  ///< f
  std::optional<ExpertRows> experts = std::nullopt;
  bool transposed = true;  ///< false: y = x · w, by experts alone
};

/// Records it with the kernel for few rows or with tiles.
void record_product(Recorder& recorder, const Product& product);

/// A product of tiles in any form: batches, b as stored (k, n).
struct TileProduct {
  std::int64_t batch = 1;
  std::int64_t m = 0;
  std::int64_t n = 0;
  std::int64_t k = 0;
  bool transposed = true;
};

/// What becomes of the product: see Epilogue. `other` is the residual, or the gate's product.
struct TileEpilogue {
  Epilogue kind = Epilogue::none;
  const View* other = nullptr;
  GateKind gate = GateKind::silu;
};

void record_tiles(Recorder& recorder, const TileProduct& shape, const View& a, const WeightViews& b, const View& y,
                  const TileEpilogue& epilogue, Work work);

}  // namespace etna::vulkan
