#include "engine/backend/vulkan/args/args.h"

// Softmax and RmsNorm: `rows` rows of n contiguous elements. `weight` and `eps`: of RmsNorm.
ETNA_ARGS(RowsArgs) {
  uint64_t x;
  uint64_t y;
  uint64_t weight;
  uint32_t rows;
  uint32_t n;
  float eps;
} ETNA_ARGS_END
