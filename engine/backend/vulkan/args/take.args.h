#include "engine/backend/vulkan/args/args.h"

// y[i, :] = table[clamp(indices[i]), :], as bits. Along the last axis: y[r, j] = table[r, clamp(indices[r, j])], with
// one element a row of the table, and table_rows in each of many.
ETNA_ARGS(TakeArgs) {
  uint64_t table;
  uint64_t indices;
  uint64_t y;
  uint32_t table_rows;
  uint32_t row_elements;
  uint32_t count;        // elements of y
  uint32_t row_indices;  // along the last axis: indices of each row
} ETNA_ARGS_END
