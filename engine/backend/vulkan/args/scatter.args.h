#include "engine/backend/vulkan/args/args.h"

// y (rows, n) = zeros, then y[clamp(indices[i])] += updates[i] for `count` updates of n elements.
ETNA_ARGS(ScatterArgs) {
  uint64_t updates;
  uint64_t indices;
  uint64_t y;
  uint32_t count;
  uint32_t rows;
  uint32_t n;
} ETNA_ARGS_END
