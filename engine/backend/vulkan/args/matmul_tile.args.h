#include "engine/backend/vulkan/args/args.h"

// y (m, n) = a (m, k) · b (k, n), or · bᵀ for b (n, k); for each matrix of a batch. e (m, n): residual or gate.
// Of experts: row blocks are `tiles` (expert, first, count) of pairs of a token and a slot in `order`, b (experts, n, k):
// y[p] = a[p / pairs_of_row] · b[expert]ᵀ + bias[expert], where there is a bias; or without a transpose b (experts, k, n).
ETNA_ARGS(MatmulTileArgs) {
  uint64_t a;
  uint64_t b;
  uint64_t scales;
  uint64_t biases;
  uint64_t y;
  uint64_t e;
  uint64_t tiles;
  uint64_t order;
  uint64_t bias;
  uint32_t m;
  uint32_t n;
  uint32_t k;
  uint32_t pairs_of_row;
} ETNA_ARGS_END
