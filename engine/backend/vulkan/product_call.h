#pragma once

#include <optional>

#include "engine/backend/vulkan/kernel_name.h"
#include "engine/backend/vulkan/recorder.h"

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

/// What the shaders' first constants say about a weight with rows of k: shaders/include/weights.glsl.
Constants weight_constants(const WeightViews& weight, std::int64_t k);

/// Adds the bytes of a weight's arrays.
void append_ranges(std::vector<ByteRange>& ranges, const WeightViews& weight);

/// Whether rows of k weights, and their groups, are whole chunks of eight.
bool whole_chunks(const WeightViews& weight, std::int64_t k);

enum class Epilogue : std::uint32_t { none, residual, gate };  // numbers of the shaders

/// y = x · wᵀ with an epilogue: `other` is the residual, or for Epilogue::gate the second matrix is `up` and
/// y = silu(x · wᵀ) · (x · upᵀ).
struct Product {
  const View& x;
  const View& y;
  WeightViews weight;
  std::optional<WeightViews> up;
  const View* residual = nullptr;
  Work work;
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

void record_tiles(Recorder& recorder, const TileProduct& shape, const View& a, const WeightViews& b, const View& y,
                  Epilogue epilogue, const View* other, Work work);

}  // namespace etna::vulkan
