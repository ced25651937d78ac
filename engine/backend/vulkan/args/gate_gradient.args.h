#include "engine/backend/vulkan/args/args.h"

// y (2, count): the gradients of a and of b, for dy, a and b of `count` contiguous elements.
ETNA_ARGS(GateGradientArgs) {
  uint64_t dy;
  uint64_t a;
  uint64_t b;
  uint64_t y;
  uint32_t count;
} ETNA_ARGS_END
