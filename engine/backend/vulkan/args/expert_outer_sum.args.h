#include "engine/backend/vulkan/args/args.h"

// y (experts, n, k) = Σ over pairs p with indices[p] = expert of dy[p]ᵀ · x[p], for dy (pairs, n) and x (pairs, k).
ETNA_ARGS(ExpertOuterSumArgs) {
  uint64_t dy;
  uint64_t x;
  uint64_t indices;
  uint64_t y;
  uint32_t pairs;
  uint32_t experts;
  uint32_t n;
  uint32_t k;
} ETNA_ARGS_END
