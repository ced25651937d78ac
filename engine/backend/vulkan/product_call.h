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
  const View* scales = nullptr;  ///< null for plain weights
  const View* biases = nullptr;
};

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
