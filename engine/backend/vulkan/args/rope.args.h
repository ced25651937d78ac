#include "engine/backend/vulkan/args/args.h"

// y[b, l, h, :] = x[b, l, h, :] turned by (offsets[b] + l) · frequencies; both with strides (b, l, h, d) in elements.
// In a cache, row l goes to the place of position offsets[b] + l among `places`; without a ring, what lies outside is
// dropped. A packed cache's strides count words.
ETNA_ARGS(RopeArgs) {
  uint64_t x;
  uint64_t y;
  uint64_t offsets;
  uint64_t frequencies;
  uint32_t batch;
  uint32_t tokens;
  uint32_t heads;
  uint32_t dimensions;
  uint32_t pairs;  // that turn: the first 2 · pairs dimensions
  uint32_t places;
  uint32_t x_strides[4];
  uint32_t y_strides[4];
  float magnitude;
} ETNA_ARGS_END
