#include "engine/backend/vulkan/args/args.h"

// y (m, n) = x (m, k) · wᵀ for few rows m. With residual: + e (m, n). With a gate: f(x · w0ᵀ) · (x · w1ᵀ).
// Of experts: a group's y is its pair p of a token and a slot, w (experts, n, k): y[p] = x[p / pairs_of_row] ·
// w[indices[p]]ᵀ + bias[indices[p]], where there is a bias.
ETNA_ARGS(MatvecArgs) {
  uint64_t x;
  uint64_t y;
  uint64_t e;
  uint64_t weight[2];
  uint64_t scales[2];
  uint64_t biases[2];
  uint64_t indices;
  uint64_t bias[2];
  uint32_t n;
  uint32_t k;
  uint32_t experts;
  uint32_t pairs_of_row;
} ETNA_ARGS_END
