#include "engine/backend/vulkan/args/args.h"

// y (rows, k) = rows of a packed matrix, by index (clamped) where `indices` is not 0.
ETNA_ARGS(DequantizeArgs) {
  uint64_t weight;
  uint64_t scales;
  uint64_t biases;
  uint64_t indices;
  uint64_t y;
  uint32_t rows;
  uint32_t table_rows;
  uint32_t k;
} ETNA_ARGS_END
