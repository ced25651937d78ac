#include "engine/backend/vulkan/args/args.h"

// y (rows, Dv) from partial sums (rows, splits, Dv) and their (maximum, sum) (rows, splits, 2).
ETNA_ARGS(AttentionCombineArgs) {
  uint64_t sums;
  uint64_t stats;
  uint64_t y;
  uint32_t rows;
  uint32_t dimensions;
} ETNA_ARGS_END
