#include "engine/backend/vulkan/args/args.h"

// logits (rows, n), targets int32 (rows). y: losses float32 (rows), or with factors float32 (rows) gradients (rows, n).
ETNA_ARGS(LossArgs) {
  uint64_t logits;
  uint64_t targets;
  uint64_t factors;
  uint64_t y;
  uint32_t rows;
  uint32_t n;
} ETNA_ARGS_END
