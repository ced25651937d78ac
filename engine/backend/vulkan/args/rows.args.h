#include "engine/backend/vulkan/args/args.h"

// Softmax and norms: `rows` rows of n contiguous elements. All from `weight` on but the sizes: of norms.
ETNA_ARGS(RowsArgs) {
  uint64_t x;
  uint64_t y;
  uint64_t weight;
  uint64_t bias;
  uint32_t rows;
  uint32_t n;
  float eps;
  float weight_offset;  // added to each weight
} ETNA_ARGS_END
