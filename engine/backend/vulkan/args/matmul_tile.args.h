#include "engine/backend/vulkan/args/args.h"

// y (m, n) = a (m, k) · b (k, n), or · bᵀ for b (n, k); for each matrix of a batch. e (m, n): residual or gate.
ETNA_ARGS(MatmulTileArgs) {
  uint64_t a;
  uint64_t b;
  uint64_t scales;
  uint64_t biases;
  uint64_t y;
  uint64_t e;
  uint32_t m;
  uint32_t n;
  uint32_t k;
} ETNA_ARGS_END
