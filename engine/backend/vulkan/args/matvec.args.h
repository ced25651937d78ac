#include "engine/backend/vulkan/args/args.h"

// y (m, n) = x (m, k) · wᵀ for few rows m. With residual: + e (m, n). With swiglu: silu(x · w0ᵀ) · (x · w1ᵀ).
ETNA_ARGS(MatvecArgs) {
  uint64_t x;
  uint64_t y;
  uint64_t e;
  uint64_t weight[2];
  uint64_t scales[2];
  uint64_t biases[2];
  uint32_t n;
  uint32_t k;
} ETNA_ARGS_END
