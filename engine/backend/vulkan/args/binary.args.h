#include "engine/backend/vulkan/args/args.h"

// y = f(a, b); y is contiguous.
ETNA_ARGS(BinaryArgs) {
  uint64_t a;
  uint64_t b;
  uint64_t y;
  uint32_t count;
  uint32_t rank;
  uint32_t shape[6];
  uint32_t a_strides[6];
  uint32_t b_strides[6];
} ETNA_ARGS_END
