#include "engine/backend/vulkan/args/args.h"

// y[i, :] = table[clamp(indices[i]), :], as bits.
ETNA_ARGS(TakeArgs) {
  uint64_t table;
  uint64_t indices;
  uint64_t y;
  uint32_t table_rows;
  uint32_t row_elements;
  uint32_t count;  // elements of y
} ETNA_ARGS_END
