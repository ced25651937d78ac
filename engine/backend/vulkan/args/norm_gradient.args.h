#include "engine/backend/vulkan/args/args.h"

// Rows of n contiguous elements: dx = r · (g - r² · x · mean(g · x)), g = dy · (weight + weight_offset), r of the root mean square.
ETNA_ARGS(NormGradientArgs) {
  uint64_t dy;
  uint64_t x;
  uint64_t weight;
  uint64_t dx;
  uint32_t rows;
  uint32_t n;
  float eps;
  float weight_offset;
} ETNA_ARGS_END
