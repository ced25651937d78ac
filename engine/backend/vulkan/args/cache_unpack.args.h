#include "engine/backend/vulkan/args/args.h"

// y (rows, D) float32 from packed rows x; count = rows · D.
ETNA_ARGS(CacheUnpackArgs) {
  uint64_t x;
  uint64_t y;
  uint32_t count;
  uint32_t dimensions;
} ETNA_ARGS_END
