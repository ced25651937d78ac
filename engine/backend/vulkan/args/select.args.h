#include "engine/backend/vulkan/args/args.h"

// y = condition ? a : b; y is contiguous.
ETNA_ARGS(SelectArgs) {
  uint64_t condition;
  uint64_t a;
  uint64_t b;
  uint64_t y;
  uint32_t count;
  uint32_t rank;
  uint32_t shape[5];
  uint32_t condition_strides[5];
  uint32_t a_strides[5];
  uint32_t b_strides[5];
} ETNA_ARGS_END
