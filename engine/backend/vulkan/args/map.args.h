#include "engine/backend/vulkan/args/args.h"

// y = f(x), element by element, both with strides. Axes beyond `rank` are not read; rank >= 1.
ETNA_ARGS(MapArgs) {
  uint64_t x;
  uint64_t y;
  uint32_t count;
  uint32_t rank;
  uint32_t shape[6];
  uint32_t x_strides[6];
  uint32_t y_strides[6];
  float parameter;  // of softcap: the cap
} ETNA_ARGS_END
