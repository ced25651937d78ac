#include "engine/backend/vulkan/args/args.h"

// y[r] = reduction of row r of x: n elements `stride` apart; rows lie by shape and strides.
ETNA_ARGS(ReduceArgs) {
  uint64_t x;
  uint64_t y;
  uint32_t rows;
  uint32_t n;
  uint32_t stride;
  uint32_t rank;
  uint32_t shape[5];
  uint32_t strides[5];
} ETNA_ARGS_END
