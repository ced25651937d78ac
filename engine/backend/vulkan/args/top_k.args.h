#include "engine/backend/vulkan/args/args.h"

// y (rows, k) = places of the k largest elements of each row of x (rows, n), or their softmax; both contiguous.
ETNA_ARGS(TopKArgs) {
  uint64_t x;
  uint64_t y;
  uint32_t rows;
  uint32_t n;
  uint32_t k;
} ETNA_ARGS_END
