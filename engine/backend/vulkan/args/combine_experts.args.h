#include "engine/backend/vulkan/args/args.h"

// y (tokens, n) = the sum over slots of weights (tokens, slots) · x (tokens, slots, n); + residual where it is not 0.
ETNA_ARGS(CombineExpertsArgs) {
  uint64_t x;
  uint64_t weights;
  uint64_t residual;
  uint64_t y;
  uint32_t slots;
  uint32_t n;
  uint32_t count;  // elements of y
} ETNA_ARGS_END
